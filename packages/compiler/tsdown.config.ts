import { defineConfig } from 'tsdown';
