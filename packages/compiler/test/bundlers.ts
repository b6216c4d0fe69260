import { execFile } from 'node:child_process';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type RspackOptions, rspack } from '@rspack/core';
import { build as esbuild } from 'esbuild';
import { rolldown } from 'rolldown';
import { minifySync } from 'rolldown/experimental';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import webpack, { type Configuration } from 'webpack';
import perdureEsbuild from '../src/esbuild.ts';
import perdureRolldown from '../src/rolldown.ts';
import perdureRollup from '../src/rollup.ts';
import perdureRspack from '../src/rspack.ts';
import perdureVite from '../src/vite.ts';
import perdureWebpack from '../src/webpack.ts';
import { guest, type TemporaryApp } from './temporary-app.ts';

export interface Bundling {
  app: TemporaryApp;
  /** The entry, below the app's root. */
  entry: string;
  minify: boolean;
}

export interface Bundler {
  name: string;
  /** Bundles an app with a source map into `dist`, and gives the file to run. */
  bundle: (bundling: Bundling) => Promise<string>;
  /** False where the source maps of what is minified are empty, with any plugin or none. */
  mapsMinified: boolean;
}

/** Every bundler there is a plugin for, set up as an app for Node would. */
export const bundlers: Bundler[] = [
  { name: 'Vite', bundle: bundleWithVite, mapsMinified: true },
  { name: 'Rolldown', bundle: bundleWithRolldown, mapsMinified: true },
  { name: 'Rollup', bundle: bundleWithRollup, mapsMinified: true },
  { name: 'esbuild', bundle: bundleWithEsbuild, mapsMinified: true },
  { name: 'webpack', bundle: bundleWithWebpack, mapsMinified: true },
  { name: 'Rspack', bundle: bundleWithRspack, mapsMinified: true },
  { name: 'Farm', bundle: bundleWithFarm, mapsMinified: false },
];

async function bundleWithVite({ app, entry, minify }: Bundling): Promise<string> {
  await vite({
    root: app.root,
    logLevel: 'silent',
    configFile: false,
    plugins: [perdureVite({ guest })],
    ssr: { noExternal: true },
    build: {
      ssr: app.path(entry),
      outDir: app.path('dist'),
      minify,
      sourcemap: true,
      target: 'es2024',
      rolldownOptions: { output: { entryFileNames: 'main.js' } },
    },
  });
  return 'dist/main.js';
}

async function bundleWithRolldown({ app, entry, minify }: Bundling): Promise<string> {
  const bundle = await rolldown({
    cwd: app.root,
    input: { main: app.path(entry) },
    platform: 'node',
    plugins: [perdureRolldown({ root: app.root, guest })],
  });
  await bundle.write({ dir: app.path('dist'), sourcemap: true, minify });
  await bundle.close();
  return 'dist/main.js';
}

/** Rollup itself reads no TypeScript, resolves no packages and minifies nothing. */
async function bundleWithRollup({ app, entry, minify }: Bundling): Promise<string> {
  const bundle = await rollup({
    input: { main: app.path(entry) },
    external: /^node:/,
    onLog() {},
    plugins: [
      perdureRollup({ root: app.root, guest }),
      {
        name: 'typescript',
        resolveId: (id) => (id === 'lib' ? app.path('node_modules/lib/dist/index.js') : null),
        transform: (code) => ({ code: stripTypeScriptTypes(code), map: null }),
        renderChunk: (code) =>
          minify ? minifySync('main.js', code, { module: true, sourcemap: true }) : null,
      },
    ],
  });
  await bundle.write({ dir: app.path('dist'), sourcemap: true });
  await bundle.close();
  return 'dist/main.js';
}

async function bundleWithEsbuild({ app, entry, minify }: Bundling): Promise<string> {
  await esbuild({
    absWorkingDir: app.root,
    entryPoints: { main: app.path(entry) },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2024',
    outdir: app.path('dist'),
    logLevel: 'silent',
    minify,
    sourcemap: true,
    plugins: [perdureEsbuild({ root: app.root, guest })],
  });
  return 'dist/main.js';
}

/** What a compiler of webpack's kind reports when it is done. */
interface Stats {
  hasErrors(): boolean;
  toString(options: object): string;
}

export function statsOf(run: (done: (error: Error | null, stats?: Stats) => void) => void): Promise<Stats> {
  return new Promise((resolve, reject) => {
    run((error, stats) => {
      if (error || !stats) reject(error);
      else if (stats.hasErrors()) reject(new Error(stats.toString({ all: false, errors: true })));
      else resolve(stats);
    });
  });
}

const strip: string = fileURLToPath(new URL('./fixtures/strip-loader.cjs', import.meta.url));

export function webpackOptions({ app, entry, minify }: Bundling): Configuration {
  return {
    context: app.root,
    mode: minify ? 'production' : 'development',
    target: 'node22',
    devtool: 'source-map',
    entry: { main: app.path(entry) },
    output: { path: app.path('dist'), filename: '[name].mjs', module: true },
    experiments: { outputModule: true },
    module: { rules: [{ test: /\.[cm]?tsx?$/, loader: strip, type: 'javascript/auto' }] },
    plugins: [perdureWebpack({ guest })],
  };
}

export function rspackOptions({ app, entry, minify }: Bundling): RspackOptions {
  const parser = { syntax: 'typescript', tsx: true };
  return {
    context: app.root,
    mode: minify ? 'production' : 'development',
    target: 'node22',
    devtool: 'source-map',
    entry: { main: app.path(entry) },
    output: { path: app.path('dist'), filename: '[name].mjs', module: true },
    module: {
      rules: [
        {
          test: /\.[cm]?tsx?$/,
          loader: 'builtin:swc-loader',
          options: { jsc: { parser, target: 'es2024' } },
          type: 'javascript/auto',
        },
      ],
    },
    plugins: [perdureRspack({ guest })],
  };
}

async function bundleWithWebpack(bundling: Bundling): Promise<string> {
  await statsOf((done) => webpack(webpackOptions(bundling), done));
  return 'dist/main.mjs';
}

async function bundleWithRspack(bundling: Bundling): Promise<string> {
  await statsOf((done) => rspack(rspackOptions(bundling), done));
  return 'dist/main.mjs';
}

const farm: string = fileURLToPath(new URL('./fixtures/bundle-with-farm.mjs', import.meta.url));

async function bundleWithFarm({ app, entry, minify }: Bundling): Promise<string> {
  const options = JSON.stringify({ root: app.root, entry, minify, guest });
  await promisify(execFile)(process.execPath, [farm, options], { cwd: app.root });
  return 'dist/main.js';
}
