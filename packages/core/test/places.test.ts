/** One codec for every place where a value is stored: the same value through each, in real runs. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cipherFrom } from '../src/config.ts';
import { FatalError } from '../src/errors.ts';
import type { ProgramSource } from '../src/index.ts';
import { Cipher } from '../src/payload/cipher.ts';
import { createEnvelope } from '../src/payload/envelope.ts';
import { hostCodec } from '../src/payload/host-codec.ts';
import { defaultStream } from '../src/stream-place.ts';
import { declareSteps, type Harness, startHarness, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;
const open: Harness[] = [];

/** What JSON does not have, made anew on every call. */
function sample(): Record<string, unknown> {
  const shared = { at: new Date(5) };
  return {
    map: new Map<unknown, unknown>([[1n, new Set([undefined])]]),
    bytes: new Uint8Array([0, 255]),
    numbers: [-0, Number.NaN, Number.NEGATIVE_INFINITY],
    text: 'a\ud800\0',
    pattern: /x+/gi,
    twice: [shared, shared],
  };
}

beforeAll(async () => {
  declareSteps({
    'places/isSame': (value: unknown) => {
      expect(value).toStrictEqual(sample());
      return value;
    },
    'places/throws': (value: unknown) => {
      throw new FatalError('thrown', { cause: value });
    },
    'places/write': async (stream: WritableStream<unknown>, value: unknown) => {
      const writer = stream.getWriter();
      await writer.write(value);
      await writer.close();
    },
  });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    import { createHook, getWritable } from 'perdure';
    import { start } from 'perdure/api';
    const isSame = step('places/isSame'), throws = step('places/throws'), write = step('places/write');
    registerWorkflow('places', async (argument, token) => {
      const hook = createHook({ token, metadata: argument });
      const result = await isSame(argument);
      const thrown = await throws(argument).catch((error) => error.cause);
      await write(getWritable(), argument);
      const payload = await hook;
      const child = await (await start({ workflowId: 'returns' }, [argument])).returnValue;
      return { argument, result, thrown, payload, child };
    });
    registerWorkflow('returns', async (value) => value);
    registerWorkflow('throws', async (value) => { throw value; });
    registerWorkflow('waits', async (token) => await createHook({ token }));
  `);
});

afterAll(async () => {
  for (const harness of open) await harness.close();
});

function harnessOf(options: Parameters<typeof startHarness>[1] = {}): Harness {
  const harness = startHarness(program, options);
  open.push(harness);
  return harness;
}

const keys = [{ id: 'k', secret: randomBytes(32) }];

describe.each([
  ['readable', {}],
  ['sealed', { encryption: keys }],
] as const)('a value, %s', (name, options) => {
  it('is the same in every place', async () => {
    const { runtime, world } = harnessOf(options);
    const token = `places ${name}`;
    const run = await runtime.start({ workflowId: 'places' }, [sample(), token]);
    await until(() => world.runs.hookByToken(token));
    expect((await runtime.getHookByToken(token)).metadata).toStrictEqual(sample());
    expect((await run.readable.getReader().read()).value).toStrictEqual(sample());
    await runtime.resumeHook(token, sample());
    const places = (await run.returnValue) as Record<string, unknown>;
    expect(Object.keys(places)).toEqual(['argument', 'result', 'thrown', 'payload', 'child']);
    for (const [place, value] of Object.entries(places)) expect(value, place).toStrictEqual(sample());
    const failed = await runtime.start({ workflowId: 'throws' }, [sample()]);
    const error = (await failed.returnValue.catch((thrown: unknown) => thrown)) as { cause: unknown };
    expect(error.cause).toStrictEqual(sample());
  });
});

describe('chunks of a stream', () => {
  it('are sealed, too', async () => {
    const { runtime, world } = harnessOf({ encryption: keys });
    const run = await runtime.start({ workflowId: 'waits' }, ['sealed chunks']);
    const writer = run.getWritable<string>().getWriter();
    await writer.write('hushed');
    const { chunks } = await world.streams.read(run.runId, defaultStream, { from: 0 });
    const stored = chunks.map(({ data }) => Buffer.from(data as Uint8Array).toString('latin1'));
    expect(stored).toHaveLength(1);
    expect(stored[0]).not.toContain('hushed');
    expect((await run.readable.getReader().read()).value).toBe('hushed');
    await run.cancel();
  });
});

describe('stored text that cannot be read', () => {
  it.each([
    ['no JSON', 'nonsense'],
    ['an unknown tag', '[["constructor",1],{}]'],
    ['a length that nothing backs', '[[-7,4294967295,4294967294,1],"x"]'],
    ['an own prototype', '[["Error",1],{"message":2,"name":2,"fields":3},"m",["__proto__"]]'],
    ['bytes of no format', Uint8Array.of(9, 9, 9)],
  ])('pauses the run with the reason: %s', async (name, payload) => {
    const { runtime, world } = harnessOf();
    const token = `hostile ${name}`;
    const run = await runtime.start({ workflowId: 'waits' }, [token]);
    const hook = await until(() => world.runs.hookByToken(token));
    const { correlationId } = hook;
    await world.runs.send(run.runId, {
      eventType: 'hook_received',
      key: 'forged',
      correlationId,
      eventData: { payload },
    });
    const paused = await until(async () => {
      const projection = await world.runs.get(run.runId);
      return projection?.status === 'paused' && projection;
    });
    expect(paused.pauseReason).toMatchObject({ code: 'PAYLOAD_UNREADABLE' });
    expect(paused.pauseReason?.message).toMatch(/\S/);
  });
});

describe('compression, where nothing is said about it', () => {
  const text = (length: number) => hostCodec.stringify('perdure '.repeat(length / 8));

  it('begins at 16 KiB of readable text', () => {
    const { wrap } = createEnvelope(undefined);
    expect(wrap(text(16_000), 'wrun_1', 'p')).toBeTypeOf('string');
    const stored = wrap(text(17_000), 'wrun_1', 'p') as Uint8Array;
    expect([stored[0], stored.length < 1_000]).toEqual([1, true]);
  });

  it('begins at 4 KiB of sealed text, before sealing', () => {
    const { wrap } = createEnvelope(new Cipher(keys));
    expect((wrap(text(4_000), 'wrun_1', 'p') as Uint8Array).length).toBeGreaterThan(4_000);
    const stored = wrap(text(4_400), 'wrun_1', 'p') as Uint8Array;
    expect([stored[0], stored.length < 1_000]).toEqual([3, true]);
  });

  it('leaves alone what it would not make smaller by a twentieth', () => {
    const { wrap, unwrap } = createEnvelope(undefined);
    const noise = JSON.stringify(
      Array.from(randomBytes(20_000), (byte) => String.fromCharCode(0x4e00 + byte * 73)).join(''),
    );
    const base64 = JSON.stringify(randomBytes(20_000).toString('base64'));
    for (const one of [noise, base64]) {
      const stored = wrap(one, 'wrun_1', 'p');
      const size = typeof stored === 'string' ? Buffer.byteLength(stored) : stored.length;
      expect(size <= Buffer.byteLength(one) * 0.95 || typeof stored === 'string').toBe(true);
      expect(unwrap(stored, 'wrun_1', 'p')).toBe(one);
    }
  });
});

describe('WORKFLOW_ENCRYPTION_KEYS', () => {
  it('seals where no keys were given', () => {
    expect(cipherFrom(undefined, {})).toBeUndefined();
    const cipher = cipherFrom(undefined, {
      WORKFLOW_ENCRYPTION_KEYS: `env:${randomBytes(32).toString('base64')}`,
    });
    const envelope = createEnvelope(cipher);
    const stored = envelope.wrap('"x"', 'wrun_1', 'p');
    expect(stored).toBeInstanceOf(Uint8Array);
    expect(Buffer.from(stored as Uint8Array).includes('env')).toBe(true);
    expect(envelope.unwrap(stored, 'wrun_1', 'p')).toBe('"x"');
  });

  it('is not among what workflow code sees', async () => {
    vi.stubEnv('WORKFLOW_ENCRYPTION_KEYS', `env:${randomBytes(32).toString('base64')}`);
    vi.stubEnv('WORKFLOW_POSTGRES_URL', 'postgres://shop:secret@127.0.0.1/shop');
    try {
      const looking = await buildProgram(`
        import { registerWorkflow } from 'perdure:guest';
        registerWorkflow('looks', async () => Object.keys(process.env).filter((name) => /ENCRYPTION|POSTGRES_URL/.test(name)));
      `);
      const harness = startHarness(looking);
      expect(await harness.run('looks')).toEqual([]);
      await harness.close();
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
