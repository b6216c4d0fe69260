import assert from 'node:assert/strict';
import * as given from '@workbench/workflows/given-streams.ts';
import type { Case } from '../app.ts';

/** `size` bytes that count up, and what the workflow makes of them. */
function counted(size: number): {
  stream: ReadableStream<Uint8Array>;
  digest: { bytes: number; sum: number };
} {
  const bytes = new Uint8Array(size).map((_, i) => i % 251);
  let sum = 0;
  for (const byte of bytes) sum = (sum * 31 + byte) >>> 0;
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= size) return controller.close();
      controller.enqueue(bytes.subarray(at, at + 50_000));
      at += 50_000;
    },
  });
  return { stream, digest: { bytes: size, sum } };
}

function of(...chunks: unknown[]): ReadableStream<unknown> {
  return new ReadableStream({
    pull(controller) {
      if (chunks.length === 0) controller.close();
      else controller.enqueue(chunks.shift());
    },
  });
}

export const givenStreamCases: readonly Case[] = [
  {
    name: 'a stream among the arguments is carried to the run, byte for byte',
    order: 'timed',
    async play(app) {
      const { stream, digest } = counted(400_000);
      const run = await app.start(given.digestsGiven, [stream]);
      assert.deepEqual(await run.returnValue, digest);
    },
  },
  {
    name: 'a stream of values, and the failure of its source',
    order: 'timed',
    async play(app) {
      const values = await app.start(given.collectsGiven, [of('a', { b: 1 }, 2n)]);
      assert.deepEqual(await values.returnValue, ['a', { b: 1 }, 2n]);
      const failing = new ReadableStream({
        pull(controller) {
          controller.error(new RangeError('the source broke'));
        },
      });
      const failed = await app.start(given.collectsGiven, [failing]);
      assert.equal(await failed.returnValue, 'RangeError: the source broke');
    },
  },
  {
    name: 'a stream that is read elsewhere is refused, and nothing is started',
    async play(app) {
      const stream = of(1);
      stream.getReader();
      const refused = app.start(given.collectsGiven, [stream]);
      await assert.rejects(refused, { name: 'SerializationError', code: 'NOT_SERIALIZABLE' });
    },
  },
  {
    name: 'a writable among the arguments gets what the run writes',
    order: 'timed',
    async play(app) {
      const chunks: unknown[] = [];
      const { promise: closed, resolve: close } = Promise.withResolvers<void>();
      const sink = new WritableStream<unknown>({ write: (chunk) => void chunks.push(chunk), close });
      const run = await app.start(given.writesToGivenStream, [sink]);
      assert.equal(await run.returnValue, 'written');
      await closed;
      assert.deepEqual(chunks, ['a', { b: 1 }, 2n]);
    },
  },
  {
    name: 'a start that joins a run leaves its streams alone',
    order: 'timed',
    async play(app) {
      const key = app.token('joined');
      const first = await app.start(given.collectsFromHook, [key], { key });
      let cancelled = '';
      const unread = new ReadableStream({
        cancel(reason) {
          cancelled = String(reason);
        },
      });
      const joined = await app.start(given.collectsFromHook as never, [unread] as never, { key });
      assert.equal(joined.runId, first.runId);
      assert.match(cancelled, /was started before/);
      await app.until(first.runId, (history) =>
        history.some(({ eventType }) => eventType === 'hook_created'),
      );
      await app.resumeHook(key, { stream: of('x', 'y') });
      assert.deepEqual(await first.returnValue, ['x', 'y']);
    },
  },
  {
    name: 'a large body is a stream, passed on or read as a whole',
    order: 'contended',
    async play(app) {
      const size = 3 * 2 ** 20 + 7;
      const { digest } = counted(size);
      const run = await app.start(given.passesLargeResponse, [size]);
      assert.deepEqual(await run.returnValue, {
        status: 206,
        size: String(size),
        used: true,
        passedOn: digest,
        copied: digest,
        whole: size,
        last: (size - 1) % 251,
      });
    },
  },
  {
    name: 'a webhook answers with a stream',
    order: 'contended',
    async play(app) {
      const text = 'part '.repeat(1_000);
      const run = await app.start(given.answersWithStream, [text]);
      const reader = run.readable.getReader();
      const { value: url } = await reader.read();
      await reader.cancel();
      const response = await app.request(String(url), { method: 'POST', body: 'x' });
      assert.equal(response.headers.get('content-type'), 'text/plain');
      assert.equal(await response.text(), text);
      await run.returnValue;
    },
  },
  {
    name: "a parent reads and writes its child's streams, and ends its sleep",
    order: 'contended',
    async play(app) {
      const run = await app.start(given.usesHandles, []);
      const expected = [['one', 'two', 'three'], ['three'], ['note'], 1, 'woken'];
      assert.deepEqual(await run.returnValue, expected);
    },
  },
];
