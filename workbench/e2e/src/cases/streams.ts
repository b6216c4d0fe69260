import assert from 'node:assert/strict';
import * as streams from '@workbench/workflows/streams.ts';
import { type Case, count } from '../app.ts';

async function all(stream: ReadableStream<unknown>): Promise<unknown[]> {
  const chunks: unknown[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

export const streamCases: readonly Case[] = [
  {
    name: 'the default stream, from the start, an index and the end, closed with the run',
    async play(app) {
      const run = await app.start(streams.writesDefault, []);
      const live = all(run.readable);
      assert.equal(await run.returnValue, 'written');
      const expected = ['one', { two: 2 }, 3n, 'four'];
      assert.deepEqual(await live, expected);
      assert.deepEqual(await all(run.readable), expected);
      assert.deepEqual(await all(run.getReadable({ startIndex: 2 })), expected.slice(2));
      assert.deepEqual(await all(run.getReadable({ startIndex: -1 })), ['four']);
      assert.equal(await run.readable.getTailIndex(), 3);
    },
  },
  {
    name: 'named streams, whose names are data',
    async play(app) {
      const run = await app.start(streams.writesNamed, []);
      await run.returnValue;
      assert.deepEqual(await all(run.getReadable({ namespace: 'a b/../c' })), [1, 2]);
      assert.deepEqual(await all(run.getReadable({ namespace: 'other' })), [9]);
      assert.deepEqual(await all(run.getReadable({ namespace: 'never written' })), []);
      assert.equal(await run.getReadable({ namespace: 'never written' }).getTailIndex(), -1);
    },
  },
  {
    name: 'bytes stay bytes, a character split across chunks too',
    async play(app) {
      const run = await app.start(streams.writesBytes, []);
      const chunks = (await all(run.readable)) as Uint8Array[];
      assert.deepEqual(
        chunks.map((chunk) => chunk.length),
        [256, 2, 1, 0],
      );
      assert.deepEqual(
        [...chunks[0]!],
        Array.from({ length: 256 }, (_, i) => i),
      );
      assert.equal(Buffer.concat(chunks.slice(1)).toString(), '☃');
      await run.returnValue;
    },
  },
  {
    name: 'a stream that a step returns is read by another',
    async play(app) {
      const run = await app.start(streams.returnsStream, [5]);
      assert.equal(await run.returnValue, 'part 0;part 1;part 2;part 3;part 4;');
    },
  },
  {
    name: 'a child writes to the stream of its parent',
    order: 'timed',
    async play(app) {
      const run = await app.start(streams.childWritesToParent, []);
      assert.deepEqual(await all(run.readable), ['from the parent', 'from the child']);
      assert.equal(await run.returnValue, 2);
    },
  },
  {
    name: 'a step reads the stream of another run, to its end',
    order: 'timed',
    async play(app) {
      const source = await app.start(streams.writesDefault, []);
      const run = await app.start(streams.readsAnother, [source.runId]);
      assert.equal(await run.returnValue, 4);
    },
  },
  {
    name: 'a reader that leaves and comes back goes on where it was',
    async play(app) {
      const run = await app.start(streams.writesDefault, []);
      const reader = run.readable.getReader();
      assert.equal((await reader.read()).value, 'one');
      await reader.cancel();
      assert.deepEqual(await all(run.getReadable({ startIndex: 1 })), [{ two: 2 }, 3n, 'four']);
      await run.returnValue;
    },
  },
  {
    name: 'somebody outside writes to a stream of a run',
    order: 'timed',
    async play(app) {
      const run = await app.start(streams.writesNamed, []);
      const writer = run.getWritable<string>({ namespace: 'outside' }).getWriter();
      await writer.write('hello');
      await writer.close();
      assert.deepEqual(await all(run.getReadable({ namespace: 'outside' })), ['hello']);
      await run.returnValue;
      assert.equal(count(await app.history(run.runId), 'run_completed'), 1);
    },
  },
  {
    name: 'a workflow that reads or writes itself is told to use a step',
    async play(app) {
      const run = await app.start(streams.misusesStream, []);
      const misuse = 'STREAMS_ARE_FOR_STEPS';
      assert.deepEqual(await run.returnValue, [misuse, misuse, 'STREAM_NAME_INVALID']);
    },
  },
  {
    name: 'a slow reader gets everything, and holds back no step',
    order: 'timed',
    async play(app) {
      const run = await app.start(streams.writesMuch, [300, 1_000]);
      const reader = run.getReadable<Uint8Array>().getReader();
      const { value: first } = await reader.read();
      assert.equal(await run.returnValue, 300_000);
      const seen = [first![0]];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        seen.push(value[0]);
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.deepEqual(
        seen,
        Array.from({ length: 300 }, (_, i) => i % 256),
      );
    },
  },
  {
    name: 'a reader that waits gets each chunk when it is written, and its end with the run',
    order: 'timed',
    async play(app) {
      const token = app.token('stream');
      const run = await app.start(streams.writesPayloads, [token]);
      await app.until(run.runId, (history) => count(history, 'hook_created') === 1);
      const reader = run.getReadable<number>().getReader();
      for (const n of [1, 2, 3]) {
        const read = reader.read();
        await app.resumeHook(token, n);
        assert.deepEqual(await read, { done: false, value: n });
      }
      const read = reader.read();
      await app.resumeHook(token, -1);
      assert.equal((await read).done, true);
    },
  },
  {
    name: 'a run’s stream is the body of a response: raw bytes, read as fast as the client does',
    order: 'timed',
    async play(app) {
      const run = await app.start(streams.writesMuch, [200, 10_000]);
      await run.returnValue;
      const response = await app.request(`/driver/bytes?run=${run.runId}`);
      const reader = response.body!.getReader();
      let length = 0;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        for (const byte of value) assert.equal(byte, Math.floor(length++ / 10_000) % 256);
      }
      assert.equal(length, 2_000_000);
    },
  },
  {
    name: 'a run’s stream as server-sent events, resumed after the last one that was seen',
    order: 'timed',
    async play(app) {
      const run = await app.start(streams.writesNamed, []);
      await run.returnValue;
      const events = async (from: number): Promise<string> =>
        (await app.request(`/driver/events?run=${run.runId}&name=a%20b%2F..%2Fc&from=${from}`)).text();
      assert.equal(await events(0), 'id: 0\ndata: 1\n\nid: 1\ndata: 2\n\n');
      assert.equal(await events(1), 'id: 1\ndata: 2\n\n');
    },
  },
];
