import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLocalWorld } from '../src/index.ts';
import {
  activeFile,
  append,
  endedFile,
  hookCreated,
  openWorld,
  runCompleted,
  runCreated,
  runStarted,
  start,
  temporaryDirectory,
} from './fixture.ts';

test('a world that only reads makes nothing', async () => {
  const dataDir = join(temporaryDirectory(), 'data');
  const world = openWorld({ dataDir });
  expect(await world.runs.list()).toEqual({ runs: [] });
  expect(await world.runs.get('run_1')).toBeUndefined();
  expect(await world.runs.hookByToken('t')).toBeUndefined();
  expect(await world.programs.get('abc')).toBeUndefined();
  world.runs.watch(() => {});
  await world.clear();
  await world.close();
  expect(existsSync(dataDir)).toBe(false);
});

test('directories and files are for their owner alone', async () => {
  const dataDir = join(temporaryDirectory(), 'data');
  const world = openWorld({ dataDir });
  const claim = await start(world, 'run_1');
  await start(world, 'run_2');
  await append(world, claim, 1, [runCompleted]);
  await world.programs.put('abc', 'code');
  await world.streams.append('run_2', '../out', ['x']);
  const modes = new Map<string, number>();
  const walk = (path: string) => {
    const stat = statSync(path);
    modes.set(path, stat.mode & 0o777);
    if (stat.isDirectory()) for (const name of readdirSync(path)) walk(join(path, name));
  };
  walk(dataDir);
  const hash = createHash('sha256').update('../out', 'utf16le').digest('hex');
  expect([...modes.keys()].map((path) => path.slice(dataDir.length)).sort()).toEqual([
    '',
    '/driver.lock',
    '/format.json',
    '/inbox',
    '/programs',
    '/programs/abc.js',
    '/retained.jsonl',
    '/runs',
    '/runs/active',
    '/runs/active/run_2.jsonl',
    '/runs/ended',
    '/runs/ended/run_1.jsonl',
    '/streams',
    '/streams/run_2',
    `/streams/run_2/${hash}.log`,
    '/term.json',
  ]);
  for (const [path, mode] of modes) expect(mode, path).toBe(statSync(path).isDirectory() ? 0o700 : 0o600);
});

test('a relative directory stays where it was when the working directory changes', async () => {
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));
  const first = temporaryDirectory();
  process.chdir(first);
  const world = openWorld({ dataDir: 'data' });
  process.chdir(temporaryDirectory());
  await start(world, 'run_1');
  expect(existsSync(activeFile(join(first, 'data'), 'run_1'))).toBe(true);
});

test('data of a newer format is refused and left alone', async () => {
  const dataDir = temporaryDirectory();
  const format = join(dataDir, 'format.json');
  writeFileSync(format, '{"format":2}\n');
  const world = openWorld({ dataDir });
  const refusal = { name: 'WorldError', code: 'DATA_NEWER' };
  await expect(world.runs.list()).rejects.toMatchObject(refusal);
  await expect(world.runs.history('run_1')).rejects.toMatchObject(refusal);
  await expect(world.runs.create(runCreated('run_1'))).rejects.toMatchObject(refusal);
  await expect(world.runs.claim({ worker: 'w', leaseMs: 1, limit: 1 })).rejects.toMatchObject(refusal);
  expect(readFileSync(format, 'utf8')).toBe('{"format":2}\n');
  expect(existsSync(activeFile(dataDir, 'run_1'))).toBe(false);
});

test('a place that is no directory is refused by name', async () => {
  const path = join(temporaryDirectory(), 'file');
  writeFileSync(path, 'mine');
  for (const dataDir of [path, join(path, 'below')]) {
    const world = openWorld({ dataDir });
    const refusal = { code: 'DATA_UNREADABLE', message: expect.stringContaining(dataDir) };
    await expect(world.runs.create(runCreated('run_1'))).rejects.toMatchObject(refusal);
    await expect(world.runs.list()).rejects.toMatchObject(refusal);
  }
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

test('a format file that is none is refused', async () => {
  const dataDir = temporaryDirectory();
  writeFileSync(join(dataDir, 'format.json'), 'not json');
  const world = openWorld({ dataDir });
  await expect(world.runs.create(runCreated('run_1'))).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
});

test('no link is followed in the place of a run or a program', async () => {
  const dataDir = temporaryDirectory();
  const outside = join(temporaryDirectory(), 'outside');
  const world = openWorld({ dataDir });
  await start(world, 'run_1');
  await world.close();
  renameSync(activeFile(dataDir, 'run_1'), outside);
  const content = readFileSync(outside, 'utf8');
  symlinkSync(outside, activeFile(dataDir, 'run_1'));
  symlinkSync(outside, join(dataDir, 'programs', 'abc.js'));
  symlinkSync(outside, endedFile(dataDir, 'run_2'));
  const again = openWorld({ dataDir });
  mkdirSync(activeFile(dataDir, 'run_4'));
  const check = async () => {
    for (const runId of ['run_1', 'run_2', 'run_4']) {
      await expect(again.runs.history(runId)).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
      expect(await again.runs.get(runId)).toMatchObject({
        status: 'paused',
        pauseReason: { code: 'DATA_DAMAGED' },
      });
    }
    expect((await again.runs.list()).runs).toHaveLength(again.stats().driving ? 4 : 3);
    await expect(again.programs.get('abc')).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  };
  await check();
  await start(again, 'run_3');
  await expect(again.runs.create(runCreated('run_2'))).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
  await check();
  expect(readFileSync(outside, 'utf8')).toBe(content);
});

test('a directory in the place of the runs that leads elsewhere is refused', async () => {
  const dataDir = temporaryDirectory();
  mkdirSync(join(dataDir, 'runs'));
  symlinkSync(temporaryDirectory(), join(dataDir, 'runs', 'active'));
  const world = openWorld({ dataDir });
  await expect(world.runs.create(runCreated('run_1'))).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
});

test('tags keep to themselves, and clear forgets only its own', async () => {
  const dataDir = temporaryDirectory();
  const untagged = openWorld({ dataDir });
  const one = openWorld({ dataDir, tag: 'one' });
  const two = openWorld({ dataDir, tag: 'two' });
  for (const world of [untagged, one, two]) {
    const claim = await start(world, 'run_1');
    await append(world, claim, 1, [hookCreated('hook_a', 'same token')]);
  }
  await one.clear();
  expect(await one.runs.get('run_1')).toBeUndefined();
  for (const world of [untagged, two]) expect(await world.runs.history('run_1')).toHaveLength(2);
  await untagged.clear();
  expect(await untagged.runs.get('run_1')).toBeUndefined();
  expect(await two.runs.history('run_1')).toHaveLength(2);
  expect(existsSync(activeFile(join(dataDir, 'tags', 'two'), 'run_1'))).toBe(true);
});

test('a tag that could be a path is refused', () => {
  for (const tag of ['..', 'a/b', '', 'a\u0000']) {
    expect(() => createLocalWorld({ dataDir: 'x', tag })).toThrowError(/Expected a valid tag/);
  }
});

test('a run that ended but was not moved yet is moved by the next opening', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  const claim = await start(world, 'run_1');
  await append(world, claim, 1, [runStarted, runCompleted]);
  const run = await world.runs.get('run_1');
  const history = await world.runs.history('run_1');
  await world.close();
  renameSync(endedFile(dataDir, 'run_1'), activeFile(dataDir, 'run_1'));
  const reader = openWorld({ dataDir });
  expect(await reader.runs.get('run_1')).toEqual(run);
  expect((await reader.runs.list({ status: 'completed' })).runs).toEqual([run]);
  expect((await reader.runs.claim({ worker: 'w', leaseMs: 1, limit: 9 })).claimed).toEqual([]);
  expect(existsSync(activeFile(dataDir, 'run_1'))).toBe(false);
  expect(existsSync(endedFile(dataDir, 'run_1'))).toBe(true);
  expect(await reader.runs.history('run_1')).toEqual(history);
});

test('opening reads active runs only, and listing reads two lines of an ended one', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  for (let n = 0; n < 20; n += 1) {
    const claim = await start(world, `run_${n}`);
    const drafts = Array.from({ length: 200 }, (_, step) => ({
      eventType: 'wait_created',
      correlationId: `wait_${step}`,
      eventData: { resumeAt: 5 },
    }));
    await append(world, claim, 1, [...drafts, ...(n < 18 ? [runCompleted] : [])]);
  }
  await world.close();
  const again = openWorld({ dataDir });
  await again.runs.claim({ worker: 'w', leaseMs: 1, limit: 1 });
  const opening = again.stats();
  expect(opening).toMatchObject({ reads: 2, liveRuns: 2 });
  expect((await again.runs.list({ limit: 5 })).runs).toHaveLength(5);
  const listing = again.stats();
  expect(listing.reads - opening.reads).toBeLessThanOrEqual(12);
  expect(listing.readBytes - opening.readBytes).toBeLessThanOrEqual(12 * 4096);
});

test('no token becomes a path', async () => {
  const dataDir = join(temporaryDirectory(), 'data');
  const world = openWorld({ dataDir });
  const claim = await start(world, 'run_1');
  await append(world, claim, 1, [
    hookCreated('hook_a', '../../escaped'),
    hookCreated('hook_b', '/tmp/escaped\u0000'),
  ]);
  const names = readdirSync(dataDir, { recursive: true }).map(String);
  expect(names.filter((name) => name.includes('escaped'))).toEqual([]);
  expect(existsSync(join(dataDir, '..', 'escaped'))).toBe(false);
});
