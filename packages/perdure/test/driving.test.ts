/** What routes of an app call, in an app. */
import { expect, it } from 'vitest';
import { lastLine, makeApp } from './app.ts';

const app = {
  'flow.ts': `import { createHook, createWebhook, getWritable } from 'perdure';
import { getHookByToken, resumeHook } from 'perdure/api';
async function tell(url: string) { 'use step'; const writer = getWritable<string>().getWriter(); await writer.write(url); writer.releaseLock(); }
async function tellInStep(token: string) { 'use step'; await resumeHook(await getHookByToken(token), 'from a step'); }
export async function answers() {
  'use workflow';
  const webhook = createWebhook({ respondWith: new Response('thank you') });
  await tell(webhook.url);
  return [(await webhook).method, (await webhook).method];
}
export async function waits(token: string) { 'use workflow'; const hook = createHook({ token }); return [await hook, await hook, await hook, await hook]; }
export async function tells(token: string) { 'use workflow'; await resumeHook(await getHookByToken(token), 'from a workflow'); await tellInStep(token); }`,
  'main.ts': `import { getHookByToken, handleRequest, resumeHook, resumeWebhook, start } from 'perdure/api';
import { close } from 'perdure/runtime';
import { answers, tells, waits } from './flow.ts';
const webhook = await start(answers, []);
const { value } = await webhook.readable.getReader().read();
const url = String(value);
const resumed = await resumeWebhook(url.split('/').at(-1)!, new Request('http://localhost/', { method: 'PUT' }));
const handled = await handleRequest(new Request(url, { method: 'DELETE' }));
const other = await handleRequest(new Request('http://localhost/other'));
const refused = await resumeWebhook('whk_none', new Request('http://localhost/')).catch((error) => error.code);
const waiting = await start(waits, ['t']);
for (;;) { if (await getHookByToken('t').catch(() => undefined)) break; await new Promise((resolve) => setTimeout(resolve, 1)); }
await resumeHook(await getHookByToken('t'), 'by what has it');
await resumeHook('t', 'by its token');
await (await start(tells, ['t'])).returnValue;
const answersOf = await Promise.all([resumed, handled!].map(async (response) => [response.status, await response.text()]));
console.log(JSON.stringify({ answers: answersOf, other: other === undefined, refused, methods: await webhook.returnValue, payloads: await waiting.returnValue }));
await close();`,
};

it('hooks and webhooks are reached by their tokens, from routes, steps and workflows', async () => {
  const { stdout, stderr } = await makeApp(app).node('--import', 'perdure/register', 'main.ts');
  expect(stderr).toBe('');
  expect(lastLine(stdout)).toEqual({
    answers: [
      [200, 'thank you'],
      [200, 'thank you'],
    ],
    other: true,
    refused: 'HOOK_NOT_FOUND',
    methods: ['PUT', 'DELETE'],
    payloads: ['by what has it', 'by its token', 'from a workflow', 'from a step'],
  });
});
