/** The apps that the suite can be played on; one line each. */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServerProcess, startServer } from './server-process.ts';
import type { Store } from './stores.ts';

/** As somebody works on it, and as it is deployed: bundled with its program, NODE_ENV production. */
export const modes = ['dev', 'prod'] as const;
export type Mode = (typeof modes)[number];

interface AppUnderTest {
  /** Folder in workbench. */
  readonly folder: string;
  /** What node is started with in that folder. */
  readonly dev: readonly string[];
  /** Builds it into a directory, and gives what node is started with. */
  readonly prod: (folder: string, directory: string) => Promise<readonly string[]>;
}

export const apps: Readonly<Record<string, AppUnderTest>> = {
  node: { folder: 'node', dev: ['--import', 'perdure/register', 'src/server.ts'], prod: bundledServer },
};

/** A key for the tests of this machine only. */
export const signingKeys = `suite:${Buffer.alloc(32, 7).toString('base64')}`;

export interface Setting {
  readonly app: string;
  readonly mode: Mode;
  /** The same for each server of one story. */
  readonly store: Store;
  readonly leaseMs: number;
}

/** Starts a server of an app, with the routes that the suite drives it by. */
export async function startApp({ app, mode, store, leaseMs }: Setting): Promise<ServerProcess> {
  const { folder, dev, prod } = apps[app]!;
  const absolute = fileURLToPath(new URL(`../../${folder}`, import.meta.url));
  return startServer({
    directory: absolute,
    args: mode === 'dev' ? dev : await built(app, (target) => prod(absolute, target)),
    env: {
      NODE_ENV: mode === 'prod' ? 'production' : 'development',
      WORKFLOW_SIGNING_KEYS: signingKeys,
      WORKBENCH_DRIVER: 'on',
      WORKBENCH_LEASE_MS: String(leaseMs),
      ...store.env,
    },
  });
}

const builds = new Map<string, { readonly directory: string; readonly args: Promise<readonly string[]> }>();

/** Builds an app once. */
function built(
  app: string,
  build: (directory: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  let made = builds.get(app);
  if (!made) {
    const directory = mkdtempSync(join(tmpdir(), `perdure-e2e-${app}-`));
    made = { directory, args: build(directory) };
    builds.set(app, made);
  }
  return made.args;
}

export async function removeBuilds(): Promise<void> {
  for (const { directory, args } of builds.values()) {
    await args.catch(() => undefined);
    rmSync(directory, { recursive: true, force: true });
  }
  builds.clear();
}

/** A server with everything that it imports in one directory, beside its packages: a world is named at run time. */
async function bundledServer(folder: string, directory: string): Promise<readonly string[]> {
  symlinkSync(join(folder, 'node_modules'), join(directory, 'node_modules'));
  const { default: perdure } = await import('perdure/rolldown');
  const { build } = await import('rolldown');
  await build({
    cwd: folder,
    input: join(folder, 'src/server.ts'),
    platform: 'node',
    external: [...builtinModules, /^node:/, 'rolldown', 'perdure/rolldown'],
    plugins: [perdure({ root: folder })],
    output: {
      dir: directory,
      format: 'esm',
      sourcemap: true,
      entryFileNames: 'server.mjs',
      chunkFileNames: '[name]-[hash].mjs',
    },
    logLevel: 'warn',
  });
  return ['--enable-source-maps', join(directory, 'server.mjs')];
}
