import assert from 'node:assert/strict';
import type { Payload } from '../payload.ts';
import { each, received, refuses, type Suite } from './bench.ts';
import * as draft from './events.ts';

const everyByte = Uint8Array.from({ length: 512 }, (_, n) => n % 256);
const payloads: ReadonlyArray<readonly [string, Payload]> = [
  ['an empty string', ''],
  ['text', '{"a":[1,2,3]}'],
  ['text that looks like stored bytes', '{"base64":"AAEC"}'],
  ['NUL and control characters', '\u0000\u0001\u001f\u007f\r\n\t'],
  ['lone surrogates', '\ud800 \udfff \udc00\ud800'],
  ['line and paragraph separators', 'a\u2028b\u2029c\u0085d'],
  ['characters beyond the basic plane', '𝒳😀\u{10ffff}'],
  ['quotes and backslashes', `"'\\\`\${x}</script>`],
  ['a byte order mark', '\ufeffx'],
  ['1 MB of text', 'é'.repeat(500_000)],
  ['no bytes', new Uint8Array()],
  ['every byte', everyByte],
  ['1 MB of bytes', new Uint8Array(1_000_000).fill(0xff)],
];
const tokens = [
  '../../etc/passwd',
  '/',
  `it's "quoted" -- ; DROP TABLE runs`,
  '__proto__',
  'constructor',
  'a\u0000b',
  '\ud800',
  ' ',
  'x'.repeat(512),
];

const copyTests: Suite = {
  async 'changing what was handed in changes nothing'(bench) {
    const claim = await bench.start('run_1');
    const bytes = Buffer.from('before');
    const event = draft.stepCreated('step_a', bytes);
    await bench.write(claim, 1, [event, draft.hookCreated('hook_a', 't'), draft.runPaused]);
    await bench.world.runs.send('run_1', received('key_1', 'hook_a', bytes));
    bytes.write('after!');
    (event.eventData as { stepName: string }).stepName = 'changed';
    const history = await bench.world.runs.history('run_1');
    const before = new Uint8Array(Buffer.from('before'));
    assert.deepEqual(history[1]?.eventData, { stepName: 'work', input: before });
    assert.deepEqual(history[4]?.eventData, { payload: before });
  },

  async 'changing what was handed out changes nothing'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(claim, 1, [draft.stepCreated('step_a', everyByte), draft.hookCreated('hook_a', 't')]);
    await bench.write(claim, 3, [draft.waitCreated('wait_a', 5), draft.runPaused]);
    const { runs } = bench.world;
    const read = async () => ({
      history: await runs.history('run_1'),
      run: await runs.get('run_1'),
      list: (await runs.list()).runs,
      steps: await runs.steps('run_1'),
      hooks: await runs.hooks('run_1'),
      waits: await runs.waits('run_1'),
      hook: await runs.hookByToken('t'),
    });
    const expected = structuredClone(await read());
    spoil(await read());
    assert.deepEqual(await read(), expected);
  },
};

/** W8: payloads are opaque, names are data. */
export const payloadTests: Suite = {
  ...each(
    payloads,
    ([name]) => `${name} comes back exactly`,
    async (bench, [, payload]) => {
      const claim = await bench.start('run_1');
      await bench.write(claim, 1, [
        draft.stepCreated('step_a', payload),
        draft.stepCompleted('step_a', payload),
        draft.hookCreated('hook_a', 't'),
      ]);
      const sent = await bench.world.runs.send('run_1', received('key_1', 'hook_a', payload));
      assert.deepEqual(sent.event.eventData, { payload });
      const check = async () => {
        const [, created, completed, , hook] = await bench.world.runs.history('run_1');
        assert.deepEqual(created?.eventData, { stepName: 'work', input: payload });
        assert.deepEqual(completed?.eventData, { output: payload });
        assert.deepEqual(hook?.eventData, { payload });
      };
      await check();
      if (await bench.reopen()) await check();
    },
  ),

  ...copyTests,

  async 'tokens are free text'(bench) {
    const claim = await bench.start('run_1');
    await bench.write(
      claim,
      1,
      tokens.map((token, n) => draft.hookCreated(`hook_${n}`, token)),
    );
    const check = async () => {
      for (const [n, token] of tokens.entries()) {
        const hook = await bench.world.runs.hookByToken(token);
        assert.deepEqual([hook?.token, hook?.correlationId], [token, `hook_${n}`]);
      }
    };
    await check();
    if (await bench.reopen()) await check();
  },

  async 'a token, name or id outside its bounds is refused and nothing is written'(bench) {
    const claim = await bench.start('run_1');
    const wrong = [
      draft.hookCreated('hook_a', ''),
      draft.hookCreated('hook_a', 'x'.repeat(513)),
      draft.stepCreated('../step'),
      draft.stepCreated(''),
      draft.stepCreated('a'.repeat(129)),
      draft.stepCreated('step a'),
      draft.stepCreated('step_a', 7 as unknown as Payload),
      { ...draft.runStarted, eventType: '__proto__' } as unknown as draft.Draft,
    ];
    for (const event of wrong) {
      await refuses('INPUT_INVALID', bench.append(claim, 1, [draft.runStarted, event]));
    }
    assert.deepEqual(await bench.types('run_1'), ['run_created']);
  },

  async 'hostile ids find nothing and reach nothing'(bench) {
    await bench.start('run_1');
    for (const id of [
      '../run_1',
      '..',
      '',
      '/etc/passwd',
      '__proto__',
      'constructor',
      "' OR 1=1",
      'a\u0000b',
    ]) {
      assert.equal(await bench.world.runs.get(id), undefined);
      await refuses('RUN_NOT_FOUND', bench.world.runs.history(id));
      await refuses('RUN_NOT_FOUND', bench.world.runs.steps(id));
      await refuses('RUN_NOT_FOUND', bench.world.runs.hooks(id));
      await refuses('RUN_NOT_FOUND', bench.world.runs.waits(id));
    }
    const claim = await bench.start('__proto__');
    await bench.write(claim, 1, [draft.stepCreated('__proto__'), draft.stepCreated('constructor')]);
    assert.equal((await bench.world.runs.steps('__proto__')).length, 2);
  },
};

/** Overwrites everything that can be reached. */
function spoil(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(7);
  else if (Array.isArray(value)) {
    for (const item of value) spoil(item);
    value.length = 0;
  } else if (typeof value === 'object' && value !== null) {
    const record = value as Record<string, unknown>;
    for (const name of Object.keys(record)) {
      spoil(record[name]);
      record[name] = 'spoiled';
    }
  }
}
