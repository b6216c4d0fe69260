/** What users meet before anything runs: a world that is none, and a Node that cannot compile as it loads. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { createWorld } from '../src/runtime.ts';

function temporaryFile(name: string, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-messages-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

test('a world that is none is refused by name, with what there is', async () => {
  const empty = temporaryFile('world.mjs', 'export const nothing = 1;');
  for (const name of ['no-such-world-package', empty]) {
    const refused = createWorld(name);
    await expect(refused).rejects.toMatchObject({
      code: 'WORLD_UNKNOWN',
      message: expect.stringContaining(name),
      hint: expect.stringContaining('createWorld()'),
    });
  }
});

test('a world is what a module path exports', async () => {
  const world = fileURLToPath(new URL('../../world-memory/src/index.ts', import.meta.url));
  const file = temporaryFile(
    'world.mjs',
    `import { createMemoryWorld } from ${JSON.stringify(world)}; export const createWorld = () => createMemoryWorld();`,
  );
  const made = await createWorld(file);
  expect(made.name).toBe('memory');
  await made.close();
});

test('a Node without load hooks says which one has them', async () => {
  // As on an older Node: the hooks are not there.
  const older = temporaryFile(
    'older.mjs',
    `import module, { syncBuiltinESMExports } from 'node:module';
     module.registerHooks = undefined;
     syncBuiltinESMExports();`,
  );
  const register = fileURLToPath(new URL('../src/register.ts', import.meta.url));
  const started = promisify(execFile)(process.execPath, ['--import', older, '--import', register, '-e', '']);
  await expect(started).rejects.toMatchObject({ stderr: expect.stringMatching(/\[HOOKS_MISSING\].*22\.15/) });
});
