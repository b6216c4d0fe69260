import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { LocalWorld } from '../src/index.ts';
import {
  activeFile,
  append,
  hookCreated,
  openWorld,
  received,
  runCompleted,
  start,
  stepCreated,
  temporaryDirectory,
} from './fixture.ts';

async function fill(world: LocalWorld, runId: string, count: number, input = '[]') {
  const claim = await start(world, runId);
  for (let n = 0; n < count; n += 1) await append(world, claim, 1 + n, [stepCreated(`step_${n}`, input)]);
  return claim;
}

for (const kind of ['absolute', 'relative'] as const) {
  test(`an incremental read of what this world wrote reads no file, with ${kind} directory`, async () => {
    const directory = temporaryDirectory();
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(directory);
    const world = openWorld({ dataDir: kind === 'absolute' ? join(directory, 'data') : 'data' });
    const claim = await start(world, 'run_1');
    for (let n = 0; n < 300; n += 1) {
      await append(world, claim, 1 + n, [stepCreated(`step_${n}`)]);
      expect(await world.runs.history('run_1', { after: 1 + n })).toHaveLength(1);
    }
    // Gone from where it could be read: whatever comes back now comes from memory.
    const path = activeFile(join(directory, 'data'), 'run_1');
    renameSync(path, `${path}.away`);
    expect(await world.runs.history('run_1', { after: 101 })).toHaveLength(200);
    expect(await world.runs.history('run_1')).toHaveLength(301);
    renameSync(`${path}.away`, path);
    expect(world.stats().reads).toBe(0);
  });
}

test('a stale append and a duplicate send need no file either', async () => {
  const world = openWorld({ dataDir: temporaryDirectory() });
  const claim = await start(world, 'run_1');
  await append(world, claim, 1, [hookCreated('hook_a', 't')]);
  await world.runs.send('run_1', received('key_1', 'hook_a'));
  expect((await world.runs.send('run_1', received('key_1', 'hook_a'))).duplicate).toBe(true);
  expect(await append(world, claim, 2, [stepCreated('step_a')])).toMatchObject({ kind: 'tail-moved' });
  expect(await world.runs.hookByToken('t')).toMatchObject({ runId: 'run_1' });
  expect(world.stats().reads).toBe(0);
});

test('5,000 events stay within 1,000 entries, the oldest go first over all runs', async () => {
  const world = openWorld({ dataDir: temporaryDirectory() });
  const claims = await Promise.all(['run_1', 'run_2'].map((runId) => start(world, runId)));
  for (let n = 0; n < 2500; n += 1) {
    for (const claim of claims) await append(world, claim, 1 + n, [stepCreated(`step_${n}`)]);
    expect(world.stats().recentEntries).toBeLessThanOrEqual(1000);
  }
  expect(world.stats().recentEntries).toBe(1000);
  for (const runId of ['run_1', 'run_2']) {
    expect(await world.runs.history(runId, { after: 2001 })).toHaveLength(500);
    expect(world.stats().reads).toBe(0);
  }
  const older = await world.runs.history('run_1', { after: 2000 });
  expect(older.map((event) => event.version)).toEqual(Array.from({ length: 501 }, (_, n) => 2001 + n));
  expect(world.stats().reads).toBeGreaterThan(0);
});

test('a read of what is kept no more starts near it, not at the beginning of the file', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  await fill(world, 'run_1', 3000);
  const events = await world.runs.history('run_1', { after: 1500, limit: 10 });
  expect(events.map((event) => event.version)).toEqual(Array.from({ length: 10 }, (_, n) => 1501 + n));
  const size = readFileSync(activeFile(dataDir, 'run_1')).length;
  expect(world.stats().readBytes).toBeLessThan(size / 10);
});

test('bytes stay within 4 MiB, and a larger event is never kept', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  const claim = await fill(world, 'run_1', 30, 'x'.repeat(300_000));
  expect(world.stats().recentBytes).toBeLessThanOrEqual(4 * 1024 * 1024);
  expect(world.stats().recentEntries).toBe(13);
  const other = await start(world, 'run_2');
  await append(world, other, 1, [stepCreated('step_a', 'x'.repeat(5 * 1024 * 1024))]);
  expect(world.stats().recentEntries, 'it pushed nothing of other runs out').toBeGreaterThanOrEqual(12);
  await append(world, other, 2, [stepCreated('step_b')]);
  expect(await world.runs.history('run_2', { after: 2 })).toHaveLength(1);
  expect(world.stats().reads).toBe(0);
  expect(await world.runs.history('run_2')).toHaveLength(3);
  expect(world.stats().reads).toBeGreaterThan(0);
  expect(await append(world, claim, 31, [])).toMatchObject({ kind: 'appended' });
});

test('what memory gives equals what the file gives, and neither is shared with callers', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  const claim = await start(world, 'run_1');
  const bytes = Buffer.from([1, 2, 3]);
  await append(world, claim, 1, [
    { ...stepCreated('step_a', bytes), eventData: { stepName: 'work', input: bytes, options: undefined } },
    hookCreated('hook_a', '\ud800 \u2028'),
    { eventType: 'run_paused', eventData: { reason: { code: 'X', message: 'm', hint: undefined } } },
  ]);
  bytes.fill(9);
  const fromMemory = await world.runs.history('run_1');
  expect(world.stats().reads).toBe(0);
  const reader = openWorld({ dataDir });
  const fromFile = await reader.runs.history('run_1');
  expect(reader.stats().reads).toBeGreaterThan(0);
  expect(fromMemory).toStrictEqual(fromFile);
  const [, step] = fromMemory as unknown as [unknown, { eventData: { input: Uint8Array } }];
  expect(step.eventData.input).toStrictEqual(new Uint8Array([1, 2, 3]));
  step.eventData.input.fill(7);
  expect(await world.runs.history('run_1')).toStrictEqual(fromFile);
});

test('what is kept of a run is let go when it ends, on clear and on close', async () => {
  const world = openWorld({ dataDir: temporaryDirectory() });
  const claim = await fill(world, 'run_1', 10);
  await fill(world, 'run_2', 5);
  expect(world.stats()).toMatchObject({ recentEntries: 17, openFiles: 2, liveRuns: 2 });
  await append(world, claim, 11, [runCompleted]);
  expect(world.stats()).toMatchObject({ recentEntries: 6, openFiles: 1, liveRuns: 1 });
  await world.clear();
  expect(world.stats()).toMatchObject({ recentEntries: 0, recentBytes: 0, openFiles: 0, liveRuns: 0 });
  await fill(world, 'run_1', 10);
  expect(world.stats()).toMatchObject({ recentEntries: 11, openFiles: 1 });
  await world.close();
  expect(world.stats()).toMatchObject({ recentEntries: 0, recentBytes: 0, openFiles: 0, liveRuns: 0 });
});

test('files of more runs than may be open are closed and opened again', async () => {
  const world = openWorld({ dataDir: temporaryDirectory() });
  const claims = [];
  for (let n = 0; n < 200; n += 1) claims.push(await start(world, `run_${n}`));
  expect(world.stats().openFiles).toBe(128);
  for (const claim of claims) await append(world, claim, 1, [stepCreated('step_a')]);
  expect(world.stats().openFiles).toBe(128);
  for (const claim of claims) expect(await world.runs.history(claim.runId)).toHaveLength(2);
});
