import assert from 'node:assert/strict';
import * as webhooks from '@workbench/workflows/webhooks.ts';
import type { Run } from 'perdure/api';
import type { Case } from '../app.ts';

/** The URL that a workflow wrote to its default stream. */
async function urlOf(run: Run<unknown>): Promise<string> {
  const reader = run.readable.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return value as string;
}

/** Bytes that come one part after the other, without their length being told. */
function inParts(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

const token = /\/\.well-known\/workflow\/v1\/webhook\/whk_[0-9a-f]{64}$/;

export const webhookCases: readonly Case[] = [
  {
    name: 'the default answer is 202; method, headers, query and body arrive',
    order: 'contended',
    async play(app) {
      const run = await app.start(webhooks.takesRequest, []);
      const url = await urlOf(run);
      assert.match(url, token);
      const init = { method: 'PUT', headers: { 'x-mark': 'here' }, body: 'a body: ☃' };
      const response = await app.request(`${url}?q=1`, init);
      assert.deepEqual([response.status, await response.text()], [202, '']);
      assert.deepEqual(await run.returnValue, ['PUT', '1', 'here', 'a body: ☃']);
      assert.equal((await app.request(url, init)).status, 404);
    },
  },
  {
    name: 'a static response',
    order: 'contended',
    async play(app) {
      const run = await app.start(webhooks.answersStatically, []);
      const response = await app.request(await urlOf(run), {
        method: 'POST',
        body: new Uint8Array([0x68, 0x69]),
      });
      assert.deepEqual([response.headers.get('x-kind'), await response.text()], ['static', 'thank you']);
      assert.equal(await run.returnValue, 'hi');
    },
  },
  {
    name: 'a step answers, ten rounds, with parallel steps before each',
    order: 'contended',
    async play(app) {
      const run = await app.start(webhooks.answersInStep, [10]);
      const url = await urlOf(run);
      for (let i = 0; i < 10; i += 1) {
        const response = await app.request(url, { method: 'POST', body: JSON.stringify({ name: `n${i}` }) });
        assert.deepEqual([response.status, response.headers.get('x-by')], [201, 'step']);
        assert.deepEqual(await response.json(), { greeting: `hello n${i}` });
      }
      assert.equal(((await run.returnValue) as string[]).length, 10);
    },
  },
  {
    name: 'the workflow answers itself',
    order: 'contended',
    async play(app) {
      const run = await app.start(webhooks.answersItself, []);
      const response = await app.request(await urlOf(run), { method: 'DELETE' });
      assert.equal(await response.text(), 'you sent DELETE');
      await run.returnValue;
    },
  },
  {
    name: 'the caller is told when the run ends without an answer',
    order: 'contended',
    async play(app) {
      const run = await app.start(webhooks.neverAnswers, []);
      const response = await app.request(await urlOf(run), { method: 'POST' });
      assert.equal(response.status, 502);
      assert.equal(await run.returnValue, 'ended');
    },
  },
  {
    name: 'unknown tokens are 404, and other paths are the app’s',
    async play(app) {
      const base = 'http://localhost/.well-known/workflow/v1/webhook/';
      for (const unknown of ['', 'x', `whk_${'0'.repeat(64)}`, '../elsewhere', '__proto__']) {
        assert.equal((await app.request(base + unknown)).status, 404);
      }
    },
  },
  {
    name: 'JSON, form, file, binary and streamed bodies arrive byte by byte, in workflow and step',
    order: 'contended',
    async play(app) {
      const every = new Uint8Array(256).map((_, i) => i);
      const form = new FormData();
      form.append('name', 'ä');
      form.append('name', 'b&c');
      form.append('file', new File([every], 'every.bin'));
      const type = 'content-type';
      const sent: readonly [init: RequestInit, content: unknown][] = [
        [{ body: '{"a":["☃"]}', headers: { [type]: 'application/json' } }, { a: ['☃'] }],
        [
          {
            body: new URLSearchParams([
              ['name', 'ä'],
              ['name', 'b&c'],
            ]),
          },
          [['ä', 'b&c'], null],
        ],
        [
          { body: form },
          [
            ['ä', 'b&c'],
            ['every.bin', [...every]],
          ],
        ],
        [{ body: every, headers: { [type]: 'application/octet-stream' } }, every],
        [{ body: inParts(every, 7), duplex: 'half' } as RequestInit, every],
        [{ body: new Uint8Array(0) }, new Uint8Array(0)],
      ];
      const run = await app.start(webhooks.takesBodies, [sent.length]);
      const url = await urlOf(run);
      for (const [init] of sent) {
        const { status } = await app.request(url, { method: 'POST', ...init });
        assert.equal(status, 202);
      }
      const arrived = await run.returnValue;
      for (const [i, [, content]] of sent.entries()) assert.deepEqual(arrived[i], [content, content]);
    },
  },
  {
    name: 'a body of more than ten megabytes is refused, and the run goes on waiting',
    order: 'contended',
    async play(app) {
      const run = await app.start(webhooks.takesRequest, []);
      const url = await urlOf(run);
      for (const body of [new Uint8Array(10 * 2 ** 20 + 1), inParts(new Uint8Array(11 * 2 ** 20), 2 ** 16)]) {
        const response = await app.request(url, { method: 'POST', body, duplex: 'half' } as RequestInit);
        assert.equal(response.status, 413);
        assert.equal(((await response.json()) as { code: string }).code, 'BODY_TOO_LARGE');
      }
      assert.equal((await app.request(url, { method: 'POST', body: 'fits' })).status, 202);
      assert.equal(((await run.returnValue) as string[])[3], 'fits');
    },
  },
];
