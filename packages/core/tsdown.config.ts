import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/errors.ts',
    'src/serde.ts',
    'src/guest/entry.ts',
    'src/guest/api.ts',
    'src/guest/driving.ts',
    'src/guest/console.ts',
    'src/guest/web/index.ts',
  ],
  platform: 'node',
  dts: true,
  // A file for each module: the compiler tells the guest's parts from the rest of it by their modules, and the names,
  // which are in stack traces and in programs' source maps, stay from release to release.
  unbundle: true,
  hash: false,
});
