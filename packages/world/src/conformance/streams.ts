import assert from 'node:assert/strict';
import { STREAM_PAGE_BYTES, STREAM_PAGE_CHUNKS_MAX } from '../limits.ts';
import type { Payload } from '../payload.ts';
import { type Bench, refuses, type Suite } from './bench.ts';
import { runCompleted } from './events.ts';

/** Every chunk of a stream, page by page. */
export async function readAll(bench: Bench, name = 'out', limit?: number): Promise<Payload[]> {
  const chunks: Payload[] = [];
  for (;;) {
    const range = limit === undefined ? { from: chunks.length } : { from: chunks.length, limit };
    const page = await bench.world.streams.read('run_1', name, range);
    for (const { index, data } of page.chunks) {
      assert.equal(index, chunks.length, 'chunks are dense and in order');
      chunks.push(data);
    }
    if (chunks.length >= page.tail) return chunks;
    assert.ok(page.chunks.length > 0, 'a page has a chunk where there is one');
  }
}

async function indexes(bench: Bench, from: number, limit?: number): Promise<number[]> {
  const range = limit === undefined ? { from } : { from, limit };
  return (await bench.world.streams.read('run_1', 'out', range)).chunks.map(({ index }) => index);
}

/** S1 to S4. */
export const streamTests: Suite = {
  async 'chunks come back in order, each once, whatever they are'(bench) {
    await bench.start('run_1');
    const every = new Uint8Array(256).map((_, index) => index);
    const chunks: Payload[] = [
      'one',
      '',
      'é😀\u2028\u0000',
      '\ud800 half',
      every,
      new Uint8Array(),
      '{"base64":"YQ=="}',
    ];
    const { streams } = bench.world;
    assert.deepEqual(await streams.append('run_1', 'out', chunks.slice(0, 2)), { tail: 2 });
    assert.deepEqual(await streams.append('run_1', 'out', chunks.slice(2)), { tail: 7 });
    assert.deepEqual(await readAll(bench), chunks);
    assert.deepEqual(await readAll(bench, 'out', 1), chunks);
    assert.deepEqual(await streams.info('run_1', 'out'), { tail: 7, closed: false });
    if (!(await bench.reopen())) return;
    assert.deepEqual(await readAll(bench), chunks);
    assert.deepEqual(await bench.world.streams.append('run_1', 'out', ['more']), { tail: 8 });
    assert.deepEqual(await readAll(bench), [...chunks, 'more']);
  },

  async 'a stream that is not there yet is empty and open, and has no info'(bench) {
    await bench.start('run_1');
    const { streams } = bench.world;
    const empty = { chunks: [], tail: 0, closed: false };
    assert.deepEqual(await streams.read('run_1', 'out', { from: 0 }), empty);
    assert.equal(await streams.info('run_1', 'out'), undefined);
    assert.deepEqual(await streams.list('run_1'), []);
    assert.deepEqual(await streams.append('run_1', 'out', []), { tail: 0 });
    assert.equal(await streams.info('run_1', 'out'), undefined, 'no chunk makes no stream');
  },

  async 'a range goes from an index, or counts from the end'(bench) {
    await bench.start('run_1');
    await bench.world.streams.append(
      'run_1',
      'out',
      Array.from({ length: 10 }, (_, n) => `chunk ${n}`),
    );
    assert.deepEqual(await indexes(bench, 7), [7, 8, 9]);
    assert.deepEqual(await indexes(bench, 3, 2), [3, 4]);
    assert.deepEqual(await indexes(bench, -2), [8, 9]);
    assert.deepEqual(await indexes(bench, -3, 1), [7]);
    assert.deepEqual(await indexes(bench, -99, 1), [0]);
    assert.deepEqual(await indexes(bench, 10), []);
    assert.deepEqual(await indexes(bench, 99), []);
    assert.deepEqual(await indexes(bench, 0, 0), []);
    for (const wrong of [
      { from: 1.5 },
      { from: Number.NaN },
      { from: 0, limit: -1 },
      { from: 0, limit: 0.5 },
    ]) {
      await refuses('INPUT_INVALID', bench.world.streams.read('run_1', 'out', wrong));
      await refuses('INPUT_INVALID', bench.world.streams.read('run_1', 'none', wrong));
    }
  },

  async 'a closed stream takes nothing more, and tells that it is closed'(bench) {
    await bench.start('run_1');
    const { streams } = bench.world;
    await streams.append('run_1', 'out', ['last']);
    await streams.close('run_1', 'out');
    await streams.close('run_1', 'out');
    await streams.close('run_1', 'never written');
    const check = async () => {
      await refuses('STREAM_CLOSED', bench.world.streams.append('run_1', 'out', ['more']));
      await refuses('STREAM_CLOSED', bench.world.streams.append('run_1', 'out', []));
      await refuses('STREAM_CLOSED', bench.world.streams.append('run_1', 'never written', ['more']));
      const page = await bench.world.streams.read('run_1', 'out', { from: 0 });
      assert.deepEqual(page, { chunks: [{ index: 0, data: 'last' }], tail: 1, closed: true });
      assert.deepEqual(await bench.world.streams.info('run_1', 'never written'), { tail: 0, closed: true });
    };
    await check();
    if (await bench.reopen()) await check();
    await bench.world.streams.close('run_1', 'out');
    await check();
  },

  async 'the end of a run closes no stream'(bench) {
    const claim = await bench.start('run_1');
    await bench.world.streams.append('run_1', 'out', ['one']);
    await bench.write(claim, 1, [runCompleted]);
    assert.deepEqual(await bench.world.streams.append('run_1', 'out', ['two']), { tail: 2 });
    await bench.reopen();
    await bench.world.streams.append('run_1', 'other', ['x']);
    await bench.world.streams.close('run_1', 'out');
    assert.deepEqual(await bench.world.streams.list('run_1'), [
      { name: 'other', tail: 1, closed: false },
      { name: 'out', tail: 2, closed: true },
    ]);
  },

  async 'what a caller does to its bytes changes no chunk'(bench) {
    await bench.start('run_1');
    const bytes = Buffer.from([1, 2, 3]);
    const appended = bench.world.streams.append('run_1', 'out', [bytes.subarray(1)]);
    bytes.fill(9);
    await appended;
    const [first] = await readAll(bench);
    assert.deepEqual(first, new Uint8Array([2, 3]));
    (first as Uint8Array).fill(9);
    assert.deepEqual(await readAll(bench), [new Uint8Array([2, 3])]);
  },

  async 'appends that do not wait for each other keep their order'(bench) {
    await bench.start('run_1');
    const tails = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        bench.world.streams.append('run_1', 'out', [`${2 * n}`, `${2 * n + 1}`]),
      ),
    );
    assert.deepEqual(
      tails.map(({ tail }) => tail).sort((left, right) => left - right),
      Array.from({ length: 200 }, (_, n) => 2 * n + 2),
    );
    assert.deepEqual(
      await readAll(bench),
      Array.from({ length: 400 }, (_, n) => `${n}`),
    );
  },

  async 'a page is bounded, in chunks and in bytes'(bench) {
    await bench.start('run_1');
    const many = Array.from({ length: STREAM_PAGE_CHUNKS_MAX + 50 }, (_, n) => `${n}`);
    await bench.world.streams.append('run_1', 'out', many);
    const page = await bench.world.streams.read('run_1', 'out', { from: 0, limit: 1e9 });
    assert.deepEqual([page.chunks.length, page.tail], [STREAM_PAGE_CHUNKS_MAX, many.length]);
    assert.deepEqual(await readAll(bench), many);
    const large = new Uint8Array(STREAM_PAGE_BYTES / 2).fill(7);
    await bench.world.streams.append('run_1', 'large', [
      large,
      large,
      large,
      new Uint8Array(STREAM_PAGE_BYTES * 3),
    ]);
    assert.equal((await bench.world.streams.read('run_1', 'large', { from: 0 })).chunks.length, 2);
    const lengths = (await readAll(bench, 'large')).map(({ length }) => length);
    assert.deepEqual(lengths, [large.length, large.length, large.length, STREAM_PAGE_BYTES * 3]);
  },

  async 'a long stream is read from anywhere'(bench) {
    await bench.start('run_1');
    const { streams } = bench.world;
    const chunkOf = (n: number) => `${n} ${'x'.repeat(n % 300)}`;
    for (let n = 0; n < 20_000; n += 1000) {
      await streams.append(
        'run_1',
        'out',
        Array.from({ length: 1000 }, (_, at) => chunkOf(n + at)),
      );
    }
    await bench.reopen();
    for (const from of [0, 1, 999, 1000, 7777, 19_998, 19_999]) {
      const { chunks, tail } = await bench.world.streams.read('run_1', 'out', { from, limit: 2 });
      assert.equal(tail, 20_000);
      assert.deepEqual(
        chunks,
        [from, from + 1].filter((n) => n < tail).map((n) => ({ index: n, data: chunkOf(n) })),
      );
    }
    assert.equal((await readAll(bench)).length, 20_000);
  },

  async 'a listener hears of chunks and of the end, until it is stopped'(bench) {
    await bench.start('run_1');
    const { streams } = bench.world;
    let heard = 0;
    let stopped = 0;
    streams.watch('run_1', 'out', () => {
      throw new Error('from a listener');
    });
    streams.watch('run_1', 'out', () => {
      heard += 1;
    });
    const stop = streams.watch('run_1', 'out', () => {
      stopped += 1;
    });
    streams.watch('run_1', 'other', () => assert.fail('another stream'));
    const wait = async (count: number) => {
      // Real time is only the bound of the failure.
      for (const deadline = Date.now() + 5000; heard < count && Date.now() < deadline; ) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.ok(heard >= count, `heard ${heard} of ${count} times in ${bench.world.name}`);
    };
    await streams.append('run_1', 'out', ['one']);
    await wait(1);
    stop();
    stop();
    const before = stopped;
    await streams.close('run_1', 'out');
    await wait(2);
    assert.equal(stopped, before);
  },

  async 'clear forgets streams, and their listeners'(bench) {
    await bench.start('run_1');
    const { streams } = bench.world;
    await streams.append('run_1', 'out', ['one']);
    await streams.close('run_1', 'out');
    let heard = 0;
    streams.watch('run_1', 'out', () => {
      heard += 1;
    });
    await bench.world.clear();
    await refuses('RUN_NOT_FOUND', streams.read('run_1', 'out', { from: 0 }));
    await bench.world.runs.list();
    // Hints are free to come before: that there may be news is always true.
    heard = 0;
    await bench.start('run_1');
    assert.deepEqual(await streams.list('run_1'), []);
    assert.deepEqual(await streams.append('run_1', 'out', ['two']), { tail: 1 });
    assert.deepEqual(await readAll(bench), ['two']);
    assert.equal(heard, 0);
  },
};
