import * as fs from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import {
  activeFile,
  append,
  openWorld,
  runCompleted,
  runCreated,
  runStarted,
  start,
  stepCreated,
  temporaryDirectory,
} from './fixture.ts';

/** What the next calls of a file operation do instead; the rest are real. */
const faults = vi.hoisted(() => ({
  write: [] as string[],
  truncate: [] as string[],
  sync: [] as string[],
  writeFile: [] as string[],
  /** Syncs wait here while it is an array. */
  heldSyncs: undefined as Array<() => void> | undefined,
}));

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs')>();
  const failure = (code: string) => Object.assign(new Error(`${code}: injected`), { code });
  return {
    ...real,
    writeSync(fd: number, data: string | Uint8Array, ...rest: unknown[]) {
      const write = real.writeSync as (...args: unknown[]) => number;
      const fault = faults.write.shift();
      if (fault === undefined || fault === 'ok') return write(fd, data, ...rest);
      if (fault === 'short') {
        const [half, whole] = [data.length >> 1, typeof data === 'string'];
        return whole ? write(fd, data.slice(0, half), ...rest) : write(fd, data, 0, half, rest[2]);
      }
      if (fault === 'late') write(fd, data, ...rest);
      throw failure(fault === 'late' ? 'EIO' : fault);
    },
    writevSync(fd: number, parts: NodeJS.ArrayBufferView[], position: number) {
      const fault = faults.write.shift();
      if (fault === undefined || fault === 'ok') return real.writevSync(fd, parts, position);
      const written = real.writevSync(fd, fault === 'short' ? parts.slice(0, -1) : parts, position);
      if (fault === 'short') return written;
      throw failure(fault);
    },
    writeFileSync(path: string | number, data: string, options?: fs.WriteFileOptions) {
      const fault = faults.writeFile.shift();
      if (fault === undefined) return real.writeFileSync(path, data, options);
      real.writeFileSync(path, '', options);
      throw failure(fault);
    },
    ftruncateSync(fd: number, length: number) {
      const fault = faults.truncate.shift();
      if (fault !== undefined) throw failure(fault);
      real.ftruncateSync(fd, length);
    },
    fdatasync(fd: number, callback: (error: Error | null) => void) {
      const fault = faults.sync.shift();
      const sync = () => (fault === undefined ? real.fdatasync(fd, callback) : callback(failure(fault)));
      if (faults.heldSyncs) faults.heldSyncs.push(sync);
      else sync();
    },
  };
});

afterEach(() => {
  for (const list of [faults.write, faults.truncate, faults.sync, faults.writeFile]) list.length = 0;
  faults.heldSyncs = undefined;
});

for (const fault of ['ENOSPC', 'EIO', 'short', 'late']) {
  for (const truncates of [true, false]) {
    test(`a write that fails (${fault}, ${truncates ? 'cut off' : 'not cut off'}) leaves nothing half applied`, async () => {
      const dataDir = temporaryDirectory();
      const world = openWorld({ dataDir });
      const claim = await start(world, 'run_1');
      await append(world, claim, 1, [runStarted]);
      const before = { run: await world.runs.get('run_1'), history: await world.runs.history('run_1') };
      faults.write.push(fault);
      if (!truncates) faults.truncate.push('EIO');
      const batch = [stepCreated('step_a', 'long '.repeat(50)), stepCreated('step_b')];
      const refusal = {
        name: 'WorldError',
        code: 'DATA_UNREADABLE',
        message: expect.stringContaining('run_1.jsonl'),
      };
      await expect(append(world, claim, 2, batch)).rejects.toMatchObject(refusal);
      expect(await world.runs.get('run_1')).toEqual(before.run);
      expect(await world.runs.history('run_1')).toEqual(before.history);
      expect(await world.runs.steps('run_1')).toEqual([]);
      expect(await append(world, claim, 2, [stepCreated('step_c')])).toEqual({
        kind: 'appended',
        version: 3,
      });
      await world.close();
      const again = openWorld({ dataDir });
      const steps = await again.runs.steps('run_1');
      expect(steps.map((step) => step.correlationId)).toEqual(['step_c']);
    });
  }
}

test('a run whose creation fails does not exist, and may be created again', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  await start(world, 'run_0');
  faults.write.push('ENOSPC');
  await expect(world.runs.create(runCreated('run_1'))).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  expect(await world.runs.get('run_1')).toBeUndefined();
  expect(fs.existsSync(activeFile(dataDir, 'run_1'))).toBe(false);
  await start(world, 'run_1');
});

test('a directory whose making was cut short is made by the next call', async () => {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  faults.writeFile.push('EIO');
  await expect(world.runs.create(runCreated('run_1'))).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  await start(openWorld({ dataDir }), 'run_1');
});

test('a send and an end that fail may be done again', async () => {
  const world = openWorld({ dataDir: temporaryDirectory() });
  const claim = await start(world, 'run_1');
  const cancellation = { eventType: 'run_cancelled', key: 'key_1', eventData: {} } as const;
  faults.write.push('ENOSPC', 'ENOSPC');
  await expect(world.runs.send('run_1', cancellation)).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  await expect(append(world, claim, 1, [runCompleted])).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  expect(await world.runs.get('run_1')).toMatchObject({ status: 'pending', version: 1 });
  expect(await append(world, claim, 1, [runCompleted])).toMatchObject({ version: 2 });
});

test('with durability power, an answer waits for the disk and tells when it failed', async () => {
  const world = openWorld({ dataDir: temporaryDirectory(), durability: 'power' });
  const claim = await start(world, 'run_1');
  faults.sync.push('EIO');
  await expect(append(world, claim, 1, [runStarted])).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  // Written but not known to be on the disk: the caller sees it as missed and decides.
  expect(await append(world, claim, 1, [runStarted])).toMatchObject({ kind: 'tail-moved' });
  expect(await append(world, claim, 2, [stepCreated('step_a')])).toMatchObject({ version: 3 });
});

test('with durability power, writes of one turn share a sync of their file, and each file has its own', async () => {
  const world = openWorld({ dataDir: temporaryDirectory(), durability: 'power' });
  const one = await start(world, 'run_1');
  const two = await start(world, 'run_2');
  const before = world.stats().syncs;
  await Promise.all([
    append(world, one, 1, [runStarted]),
    append(world, one, 2, [stepCreated('step_a')]),
    append(world, one, 3, [stepCreated('step_b')]),
    append(world, two, 1, [runStarted]),
  ]);
  expect(world.stats().syncs - before).toBe(2);
  const plain = openWorld({ dataDir: temporaryDirectory() });
  await start(plain, 'run_1');
  expect(plain.stats().syncs).toBe(0);
});

test('with durability power, nobody is told of an end that a power failure could still undo', async () => {
  const world = openWorld({ dataDir: temporaryDirectory(), durability: 'power' });
  const claim = await start(world, 'run_1');
  faults.heldSyncs = [];
  const order: string[] = [];
  const settled = [
    append(world, claim, 1, [runStarted, runCompleted]).then(() => order.push('append')),
    world.runs.get('run_1').then((run) => order.push(`get ${run?.status}`)),
    world.runs.history('run_1').then((history) => order.push(`history ${history.length}`)),
  ];
  await vi.waitUntil(() => faults.heldSyncs?.length);
  await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual([]);
  for (const sync of faults.heldSyncs.splice(0)) sync();
  faults.heldSyncs = undefined;
  await Promise.all(settled);
  expect(order.sort()).toEqual(['append', 'get completed', 'history 3']);
});

for (const fault of ['ENOSPC', 'EIO', 'short', 'late']) {
  for (const size of [10, 200_000]) {
    for (const truncates of [true, false]) {
      test(`a stream whose write fails (${fault}, ${size} bytes, ${truncates ? 'cut off' : 'not cut off'}) goes on without it`, async () => {
        const dataDir = temporaryDirectory();
        const world = openWorld({ dataDir });
        await start(world, 'run_1');
        const chunk = new Uint8Array(size).fill(7);
        const attempts: Array<readonly [string, string[]]> = [
          ['fresh', []],
          ['begun', ['first']],
        ];
        for (const [name, before] of attempts) {
          if (before.length > 0) await world.streams.append('run_1', name, before);
          faults.write.push(fault);
          if (!truncates) faults.truncate.push('EIO');
          await expect(world.streams.append('run_1', name, ['lost', chunk])).rejects.toMatchObject({
            code: 'DATA_UNREADABLE',
          });
          expect(await world.streams.info('run_1', name)).toEqual(
            before.length > 0 ? { tail: 1, closed: false } : undefined,
          );
          expect(await world.streams.append('run_1', name, [chunk])).toEqual({ tail: before.length + 1 });
        }
        await world.close();
        const again = openWorld({ dataDir });
        for (const [name, before] of attempts) {
          const page = await again.streams.read('run_1', name, { from: 0 });
          expect(page.chunks.map(({ data }) => data)).toEqual([...before, chunk]);
        }
      });
    }
  }
}

test('a stream whose end cannot be written is open', async () => {
  const world = openWorld({ dataDir: temporaryDirectory() });
  await start(world, 'run_1');
  await world.streams.append('run_1', 'out', ['x']);
  faults.write.push('ENOSPC');
  await expect(world.streams.close('run_1', 'out')).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  expect(await world.streams.append('run_1', 'out', ['y'])).toEqual({ tail: 2 });
});

test('with durability power, a chunk is read and acknowledged when it is on the disk', async () => {
  const world = openWorld({ dataDir: temporaryDirectory(), durability: 'power' });
  await start(world, 'run_1');
  await world.streams.append('run_1', 'out', ['one']);
  faults.heldSyncs = [];
  const order: string[] = [];
  const settled = [
    world.streams.append('run_1', 'out', ['two']).then(() => order.push('append')),
    world.streams.read('run_1', 'out', { from: 1 }).then(({ tail }) => order.push(`read ${tail}`)),
  ];
  await vi.waitUntil(() => faults.heldSyncs?.length);
  await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual([]);
  for (const sync of faults.heldSyncs.splice(0)) sync();
  faults.heldSyncs = undefined;
  await Promise.all(settled);
  expect(order.sort()).toEqual(['append', 'read 2']);
});
