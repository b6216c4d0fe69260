/** The lease thread where a bundler has made one file of everything. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'rolldown';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCreated } from './events.ts';
import { type TemporarySchema, temporarySchema } from './server.ts';

let schema: TemporarySchema;
let directory: string;
beforeEach(async () => {
  schema = await temporarySchema();
  directory = await realpath(await mkdtemp(join(tmpdir(), 'perdure-bundle-')));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
  await schema.drop();
});

const packageRoot = fileURLToPath(new URL('..', import.meta.url));
const leaseMs = 1_200;

/** An app whose main thread computes for four leases while it holds a run: how many of its runs another world takes then. */
async function takenMeanwhile(external: (string | RegExp)[]): Promise<string> {
  const options = JSON.stringify({ connectionString: schema.url, schema: schema.name });
  const claimFor = `{ worker: 'worker_a', leaseMs: ${leaseMs} }`;
  await writeFile(
    join(directory, 'app.ts'),
    `import { createPostgresWorld } from ${JSON.stringify(join(packageRoot, 'src/index.ts'))};
    const world = createPostgresWorld(${options});
    const { claim } = await world.runs.create(${JSON.stringify(runCreated('run_1'))}, { claimFor: ${claimFor} });
    await world.runs.renew({ worker: 'worker_a', leaseMs: ${leaseMs}, claims: [{ claim, version: 1 }] });
    // The thread has had its time to start.
    await new Promise((resolve) => setTimeout(resolve, 500));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${4 * leaseMs});
    const other = createPostgresWorld(${options});
    const { claimed } = await other.runs.claim({ worker: 'worker_b', leaseMs: ${leaseMs}, limit: 1 });
    console.log(claimed.length);
    await Promise.all([world.close(), other.close()]);`,
  );
  await build({
    cwd: packageRoot,
    input: join(directory, 'app.ts'),
    platform: 'node',
    external: [/^node:/, 'pg-native', /^cloudflare:/, ...external],
    output: { file: join(directory, 'app.mjs'), format: 'esm', codeSplitting: false, minify: true },
    logLevel: 'silent',
  });
  // Who starts the tests may have told Node of more places where packages are.
  const env = { PATH: process.env.PATH };
  const { stdout } = await promisify(execFile)(process.execPath, [join(directory, 'app.mjs')], {
    cwd: directory,
    env,
  });
  return stdout.trim();
}

test('is there when pg is installed beside the bundle', async () => {
  await mkdir(join(directory, 'node_modules'));
  await symlink(await realpath(join(packageRoot, 'node_modules/pg')), join(directory, 'node_modules/pg'));
  expect(await takenMeanwhile(['pg'])).toBe('0');
});

test('is not there when pg was bundled as well: the lease of a process that computes for too long ends', async () => {
  expect(await takenMeanwhile([])).toBe('1');
});
