import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Payload, Streams } from '@perdure/world';
import { expect, test } from 'vitest';
import type { LocalWorld } from '../src/index.ts';
import { append, openWorld, runCompleted, runCreated, start, temporaryDirectory, until } from './fixture.ts';
import { Peer } from './peer.ts';

const bytes = new Uint8Array([0, 10, 13, 255]);

async function chunksOf(streams: Streams, name = 'out'): Promise<Payload[]> {
  const chunks: Payload[] = [];
  for (;;) {
    const page = await streams.read('run_1', name, { from: chunks.length });
    chunks.push(...page.chunks.map(({ data }) => data));
    if (chunks.length >= page.tail) return chunks;
  }
}

function fileOf(dataDir: string, runId = 'run_1'): string {
  const [file] = readdirSync(join(dataDir, 'streams', runId));
  return join(dataDir, 'streams', runId, file!);
}

/** A stream of three appends in a closed directory; how long its file was after each of them. */
async function written() {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  await start(world, 'run_1');
  const lengths: number[] = [];
  for (const chunks of [['one', bytes], ['é \ud800', '', 'three'], [new Uint8Array(40)]]) {
    await world.streams.append('run_1', 'out', chunks);
    lengths.push(readFileSync(fileOf(dataDir)).length);
  }
  const chunks = await chunksOf(world.streams);
  await world.close();
  return { dataDir, path: fileOf(dataDir), file: readFileSync(fileOf(dataDir)), lengths, chunks };
}

test('an append cut short at any byte is dropped whole, and the stream goes on', async () => {
  const { dataDir, path, file, lengths, chunks } = await written();
  const before = [0, 2, 5];
  for (let length = 0; length < file.length; length += 1) {
    writeFileSync(path, file.subarray(0, length));
    const kept = chunks.slice(0, before[lengths.filter((end) => end <= length).length]);
    const reader = openWorld({ dataDir });
    expect(await chunksOf(reader.streams), `${length} bytes`).toEqual(kept);
    expect(readFileSync(path).length, 'a reader changes nothing').toBe(length);
    expect(await reader.streams.info('run_1', 'out')).toEqual(
      kept.length === 0 ? undefined : { tail: kept.length, closed: false },
    );
    expect((await reader.streams.list('run_1')).length).toBe(kept.length === 0 ? 0 : 1);
    await reader.streams.append('run_1', 'out', ['more', 'and more']);
    expect(await chunksOf(reader.streams)).toEqual([...kept, 'more', 'and more']);
    await reader.close();
  }
});

test('an end cut short is none, and zeros after the last append are what a power failure leaves', async () => {
  const { dataDir, path, file, chunks } = await written();
  const first = openWorld({ dataDir });
  await first.streams.close('run_1', 'out');
  await first.close();
  const closed = readFileSync(path);
  const tails = [
    ...Array.from({ length: closed.length - file.length }, (_, n) => closed.subarray(0, file.length + n)),
    Buffer.concat([file, Buffer.alloc(100_000)]),
  ];
  for (const content of tails) {
    writeFileSync(path, content);
    const world = openWorld({ dataDir });
    expect(await world.streams.info('run_1', 'out')).toEqual({ tail: chunks.length, closed: false });
    await world.streams.append('run_1', 'out', ['more']);
    expect(await chunksOf(world.streams)).toEqual([...chunks, 'more']);
    await world.close();
  }
});

test('no flipped bit goes unnoticed, and the file is left as it is', async () => {
  const { dataDir, path, file, chunks } = await written();
  const driving = openWorld({ dataDir });
  for (let bit = 0; bit < file.length * 8; bit += 1) {
    const flipped = Buffer.from(file);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    writeFileSync(path, flipped);
    const error = await chunksOf(driving.streams).then(
      (read) => expect(read, `bit ${bit}`).toEqual(chunks),
      (thrown: { code?: unknown }) => thrown.code,
    );
    expect(error, `bit ${bit}`).toBe('DATA_DAMAGED');
    if (bit % 50 !== 0) continue;
    const world = openWorld({ dataDir });
    await start(world, `run_${bit}_other`);
    await world.streams
      .append('run_1', 'out', ['more'])
      .catch(({ code }) => expect(code).toBe('DATA_DAMAGED'));
    expect(readFileSync(path).subarray(0, file.length)).toEqual(flipped);
    await world.streams.append(`run_${bit}_other`, 'out', ['fine']);
    await world.close();
  }
});

test('whatever is done to a file, reading it gives whole appends from the first on, or a named error', async () => {
  const { dataDir, path, file, chunks } = await written();
  const prefixes = [0, 2, 5, 6].map((count) => chunks.slice(0, count));
  const reader = openWorld({ dataDir });
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let refused = 0;
  for (let round = 0; round < 3000; round += 1) {
    const [at, other, length] = [random(file.length), random(file.length), 1 + random(30)];
    const noise = Buffer.from(Array.from({ length }, () => random(256)));
    const inserted = [noise, Buffer.alloc(0), file.subarray(other, other + length)][random(3)]!;
    const rest = file.subarray(at + random(2) * random(30));
    writeFileSync(path, Buffer.concat([file.subarray(0, at), inserted, rest]));
    try {
      const read = await chunksOf(reader.streams);
      expect(
        prefixes.some((prefix) => isDeepStrictEqual(prefix, read)),
        `round ${round}`,
      ).toBe(true);
    } catch (error) {
      expect((error as { code?: unknown }).code, `round ${round}: ${error}`).toBe('DATA_DAMAGED');
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(1000);
});

test('a file of another stream, or of another run, is not taken for this one', async () => {
  const { dataDir, path } = await written();
  const world = openWorld({ dataDir });
  await start(world, 'run_2');
  await world.streams.append('run_1', 'other', ['x']);
  await world.streams.append('run_2', 'out', ['x']);
  await world.close();
  const other = readdirSync(join(dataDir, 'streams', 'run_1')).map((name) =>
    join(dataDir, 'streams', 'run_1', name),
  );
  for (const source of [...other.filter((file) => file !== path), fileOf(dataDir, 'run_2')]) {
    copyFileSync(source, path);
    const reader = openWorld({ dataDir });
    await expect(reader.streams.read('run_1', 'out', { from: 0 })).rejects.toMatchObject({
      code: 'DATA_DAMAGED',
    });
    await expect(reader.streams.append('run_1', 'out', ['x'])).rejects.toMatchObject({
      code: 'DATA_DAMAGED',
    });
    await expect(reader.streams.list('run_1')).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    await reader.close();
  }
});

test('no link is followed in the place of a stream or of its directory', async () => {
  const { dataDir, path, file } = await written();
  const outside = temporaryDirectory();
  writeFileSync(join(outside, 'file'), file);
  unlinkSync(path);
  symlinkSync(join(outside, 'file'), path);
  const refused = { code: 'DATA_UNREADABLE' };
  for (const driving of [false, true]) {
    const world = openWorld({ dataDir });
    if (driving) await start(world, 'run_2');
    await expect(world.streams.read('run_1', 'out', { from: 0 })).rejects.toMatchObject(refused);
    await expect(world.streams.append('run_1', 'out', ['x'])).rejects.toMatchObject(refused);
    await world.close();
  }
  rmSync(join(dataDir, 'streams', 'run_1'), { recursive: true });
  mkdirSync(join(outside, 'streams'));
  symlinkSync(join(outside, 'streams'), join(dataDir, 'streams', 'run_1'));
  const world = openWorld({ dataDir });
  await expect(world.streams.append('run_1', 'out', ['x'])).rejects.toMatchObject(refused);
  expect(readdirSync(join(outside, 'streams'))).toEqual([]);
  expect(readFileSync(join(outside, 'file'))).toEqual(file);
});

test('another process reads while the driver writes, and hears of it', async () => {
  const dataDir = temporaryDirectory();
  const driver = await Peer.start(dataDir);
  await driver.call('create', runCreated('run_1'));
  const reader = openWorld({ dataDir });
  let news = 0;
  reader.streams.watch('run_1', 'out', () => {
    news += 1;
  });
  const seen: Payload[] = [];
  const writing = (async () => {
    for (let n = 0; n < 300; n += 3) {
      const chunks = [n, n + 1, n + 2].map((index) => `${index}:${'x'.repeat((index * 997) % 20_000)}`);
      await driver.call('streams.append', 'run_1', 'out', chunks);
    }
    await driver.call('streams.close', 'run_1', 'out');
  })();
  for (let closed = false; !closed || seen.length < 300; ) {
    const page = await reader.streams.read('run_1', 'out', { from: seen.length });
    expect(page.tail % 3, 'appends are seen whole').toBe(0);
    for (const { index, data } of page.chunks) {
      expect(index).toBe(seen.length);
      expect(data).toBe(`${index}:${'x'.repeat((index * 997) % 20_000)}`);
      seen.push(data);
    }
    closed = page.closed;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await writing;
  expect(reader.stats().driving).toBe(false);
  await until(() => news > 0, 'a hint');
});

test('processes that do not drive append in order, and bytes come through whole', async () => {
  const dataDir = temporaryDirectory();
  const driver = openWorld({ dataDir });
  await start(driver, 'run_1');
  const other = openWorld({ dataDir });
  const mine = Buffer.from([1, 2, 3]);
  const appends = Array.from({ length: 20 }, (_, n) => other.streams.append('run_1', 'out', [`${n}`, mine]));
  mine.fill(9);
  await Promise.all(appends);
  const expected = Array.from({ length: 20 }, (_, n) => [`${n}`, new Uint8Array([1, 2, 3])]).flat();
  expect(await chunksOf(driver.streams)).toEqual(expected);
  expect(await chunksOf(other.streams)).toEqual(expected);
  await other.streams.close('run_1', 'out');
  await expect(other.streams.append('run_1', 'out', ['x'])).rejects.toMatchObject({ code: 'STREAM_CLOSED' });
  await expect(other.streams.append('run_x', 'out', ['x'])).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  expect(await other.streams.read('run_1', 'out', { from: -1 })).toMatchObject({ tail: 40, closed: true });
  expect(other.stats().driving).toBe(false);
});

test('chunks appended while drivers die are there once each, in order', async () => {
  const dataDir = temporaryDirectory();
  let driver = await Peer.start(dataDir);
  await driver.call('create', runCreated('run_1'));
  const writer = await Peer.start(dataDir);
  const acknowledged: string[] = [];
  let dying = true;
  const writing = (async () => {
    for (let n = 0; dying || n < 60; n += 1) {
      await writer.call('streams.append', 'run_1', 'out', [`${n}a`, `${n}b`]);
      acknowledged.push(`${n}a`, `${n}b`);
    }
  })();
  for (let round = 0; round < 4; round += 1) {
    const before = acknowledged.length;
    await until(() => acknowledged.length > before + 8, 'chunks');
    await driver.kill();
    driver = await Peer.start(dataDir);
    await driver.call('claim', { worker: 'worker_b', leaseMs: 1000, limit: 1 });
  }
  dying = false;
  await writing;
  const reader = openWorld({ dataDir });
  expect(await chunksOf(reader.streams)).toEqual(acknowledged);
});

test('a request that a dead driver had applied is not applied again', async () => {
  const dataDir = temporaryDirectory();
  const first = openWorld({ dataDir });
  await start(first, 'run_1');
  const other = openWorld({ dataDir });
  const inbox = join(dataDir, 'inbox');
  const kept = join(temporaryDirectory(), 'kept');
  const asked = other.streams.append('run_1', 'out', ['once']);
  const [name] = readdirSync(inbox).filter((file) => file.endsWith('.json'));
  copyFileSync(join(inbox, name!), kept);
  await asked;
  await other.close();
  await first.close();
  renameSync(kept, join(inbox, name!));
  const next = openWorld({ dataDir });
  await start(next, 'run_2');
  await until(
    () => readdirSync(inbox).every((file) => !file.endsWith('.json')),
    'the message to be answered',
  );
  expect(await chunksOf(next.streams)).toEqual(['once']);
});

async function opened(): Promise<{ dataDir: string; world: LocalWorld }> {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  await start(world, 'run_1');
  await world.streams.append('run_1', 'out', ['one']);
  return { dataDir, world };
}

test('streams of live runs are written again when their directory is removed under the driver', async () => {
  const { dataDir, world } = await opened();
  rmSync(dataDir, { recursive: true });
  await world.streams.append('run_1', 'out', ['two']);
  await world.streams.append('run_1', 'new', ['x']);
  expect(await chunksOf(world.streams)).toEqual(['one', 'two']);
  await world.close();
  const again = openWorld({ dataDir });
  expect(await chunksOf(again.streams)).toEqual(['one', 'two']);
  expect(await chunksOf(again.streams, 'new')).toEqual(['x']);
});

test('a hundred streams of which not all files are open go on, whole', async () => {
  const { dataDir, world } = await opened();
  const names = Array.from({ length: 200 }, (_, n) => `s${n}`);
  for (let round = 0; round < 3; round += 1) {
    for (const name of names) await world.streams.append('run_1', name, [`${name} ${round}`]);
  }
  expect(world.stats().openFiles).toBeLessThanOrEqual(128);
  for (const name of names)
    expect(await chunksOf(world.streams, name)).toEqual([0, 1, 2].map((n) => `${name} ${n}`));
  expect(await world.streams.list('run_1')).toHaveLength(201);
  await world.close();
  const again = openWorld({ dataDir });
  expect(await chunksOf(again.streams, 's77')).toEqual(['s77 0', 's77 1', 's77 2']);
});

test('a stream can be read after its run has ended, by any process', async () => {
  const { dataDir, world } = await opened();
  const claim = await start(world, 'run_2');
  await world.streams.append('run_2', 'out', ['one']);
  await append(world, claim, 1, [runCompleted]);
  const other = openWorld({ dataDir });
  for (const { streams } of [world, other]) {
    expect((await streams.read('run_2', 'out', { from: 0 })).chunks).toEqual([{ index: 0, data: 'one' }]);
  }
});
