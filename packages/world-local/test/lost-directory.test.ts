import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  activeFile,
  append,
  endedFile,
  openWorld,
  runCompleted,
  runStarted,
  start,
  stepCreated,
  temporaryDirectory,
  until,
} from './fixture.ts';

test('a new run finds its directories again when they were removed under a live process', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  await start(world, 'run_1');
  rmSync(dataDir, { recursive: true });
  await start(world, 'run_2');
  expect(existsSync(activeFile(dataDir, 'run_2'))).toBe(true);
});

test('a live run whose file was removed goes on with its whole history in a new one', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  const claim = await start(world, 'run_1');
  await append(world, claim, 1, [runStarted, stepCreated('step_a')], { wakeAt: 5 });
  rmSync(dataDir, { recursive: true });
  await append(world, claim, 3, [stepCreated('step_b')], { wakeAt: 7 });
  await until(() => existsSync(activeFile(dataDir, 'run_1')), 'the file to be there again');
  await append(world, claim, 4, [stepCreated('step_c')], { wakeAt: 9 });
  const history = await world.runs.history('run_1');
  expect(history).toHaveLength(5);
  await world.close();
  const again = openWorld({ dataDir });
  expect(await again.runs.history('run_1')).toStrictEqual(history);
  expect((await again.runs.claim({ worker: 'w', leaseMs: 9, limit: 9 })).claimed).toHaveLength(1);
});

test('the directory is locked again, so that no second process drives', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  await start(world, 'run_1');
  rmSync(dataDir, { recursive: true });
  await until(() => existsSync(activeFile(dataDir, 'run_1')), 'the file to be there again');
  const other = openWorld({ dataDir });
  await other.runs.claim({ worker: 'w', leaseMs: 9, limit: 9 });
  expect(other.stats().driving).toBe(false);
});

test('a run that ends right after its directory was removed keeps its history', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  const claim = await start(world, 'run_1');
  rmSync(dataDir, { recursive: true });
  await append(world, claim, 1, [runStarted, runCompleted]);
  await until(() => existsSync(endedFile(dataDir, 'run_1')), 'the file of the ended run');
  expect(await world.runs.history('run_1')).toHaveLength(3);
});

test('a run of which a part is lost for good is paused, not continued', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  const claims = [];
  for (let n = 0; n < 130; n += 1) claims.push(await start(world, `run_${n}`));
  // Closed for lack of places, and more events since than are kept in memory.
  for (let n = 0; n < 1000; n += 1) await append(world, claims[129]!, 1 + n, [stepCreated(`step_${n}`)]);
  rmSync(dataDir, { recursive: true });
  await until(() => existsSync(activeFile(dataDir, 'run_129')), 'the files that can be written again');
  expect(await world.runs.history('run_129')).toHaveLength(1001);
  const lost = await world.runs.get('run_0');
  expect(lost).toMatchObject({ status: 'paused', pauseReason: { code: 'DATA_DAMAGED' } });
  expect(await append(world, claims[0]!, 1, [runStarted])).toEqual({ kind: 'claim-lost' });
  await expect(world.runs.history('run_0')).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
});

test('when only the runs were removed, the lock is kept and the runs come back', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  const claim = await start(world, 'run_1');
  rmSync(`${dataDir}/runs`, { recursive: true });
  await start(world, 'run_2');
  expect(existsSync(activeFile(dataDir, 'run_1'))).toBe(true);
  expect(await append(world, claim, 1, [runStarted])).toMatchObject({ version: 2 });
  await world.close();
  expect(await openWorld({ dataDir }).runs.history('run_1')).toHaveLength(2);
});

test('a run in whose place another file lies by now is paused, and that file stays', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  const claim = await start(world, 'run_1');
  const away = `${temporaryDirectory()}/away`;
  cpSync(dataDir, away, { recursive: true });
  await append(world, claim, 1, [runStarted]);
  rmSync(dataDir, { recursive: true });
  cpSync(away, dataDir, { recursive: true });
  const restored = readFileSync(activeFile(dataDir, 'run_1'));
  await until(async () => (await world.runs.get('run_1'))?.status === 'paused', 'the run to be set aside');
  expect(await append(world, claim, 2, [stepCreated('step_a')])).toEqual({ kind: 'claim-lost' });
  expect(readFileSync(activeFile(dataDir, 'run_1'))).toEqual(restored);
});

test('a run whose closed file alone was removed is paused at its next write', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  const claims = [];
  for (let n = 0; n < 130; n += 1) claims.push(await start(world, `run_${n}`));
  rmSync(activeFile(dataDir, 'run_0'));
  await expect(append(world, claims[0]!, 1, [runStarted])).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  expect(await append(world, claims[0]!, 1, [runStarted])).toEqual({ kind: 'claim-lost' });
  expect(await world.runs.get('run_0')).toMatchObject({ status: 'paused' });
  expect(await append(world, claims[1]!, 1, [runStarted])).toMatchObject({ version: 2 });
});

test('a closed file that was removed is written again from memory, with its wake time', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  const claims = [];
  for (let n = 0; n < 200; n += 1) claims.push(await start(world, `run_${n}`));
  await append(world, claims[0]!, 1, [runStarted], { wakeAt: 5, release: true });
  await append(world, claims[1]!, 1, [runStarted], { wakeAt: null, release: true });
  for (const claim of claims.slice(2)) await append(world, claim, 1, [runStarted], { wakeAt: null });
  expect(world.stats().recentEntries).toBe(400);
  rmSync(dataDir, { recursive: true });
  await until(() => existsSync(activeFile(dataDir, 'run_0')), 'the file to be there again');
  await world.close();
  const again = openWorld({ dataDir });
  for (const { runId } of claims) expect(await again.runs.history(runId)).toHaveLength(2);
  const { claimed } = await again.runs.claim({ worker: 'w', leaseMs: 9, limit: 999 });
  expect(claimed.map(({ claim }) => claim.runId)).toEqual(['run_0']);
});
