/** Values through real runs: from a caller into a workflow, through a step, and back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FatalError, SerializationError } from '../src/errors.ts';
import type { ProgramSource } from '../src/index.ts';
import { hostCodec } from '../src/payload/host-codec.ts';
import { registry } from '../src/registry.ts';
import { WORKFLOW_DESERIALIZE, WORKFLOW_SERIALIZE } from '../src/serde.ts';
import { declareSteps, type Harness, startHarness } from './harness.ts';
import { buildProgram } from './program.ts';
import { storedValues } from './stored-values.ts';

let program: ProgramSource;
let harness: Harness;

class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
  static [WORKFLOW_SERIALIZE](point: Point): unknown {
    return { x: point.x };
  }
  static [WORKFLOW_DESERIALIZE](data: { x: number }): Point {
    return new Point(data.x);
  }
}
class DeclinedError extends Error {
  amount = 7;
}

beforeAll(async () => {
  for (const [id, cls] of Object.entries({ 'geo//Point': Point, 'pay//DeclinedError': DeclinedError })) {
    Object.defineProperty(cls, 'classId', { value: id });
    registry().classes.set(id, cls);
  }
  declareSteps({
    'crossing/echo': (value: unknown) => value,
    'crossing/isPoint': (value: unknown) => value instanceof Point && value.x,
    'crossing/decline': () => {
      const error = new DeclinedError('no funds') as DeclinedError & { fatal?: true };
      error.name = 'FatalError';
      throw error;
    },
    'crossing/fatal': () => {
      throw new FatalError('stop');
    },
    'crossing/function': () => ({ deep: [() => 1] }),
    'crossing/response': () => new Response('{"a":1}', { status: 201, headers: { 'x-a': 'b' } }),
    'crossing/read': async (value: Request | Response) => [
      value.constructor.name,
      await value.text(),
      value.headers.get('content-type'),
    ],
    'crossing/large': () => new Uint8Array(60 * 1024 * 1024),
  });
  program = await buildProgram(`
    import { step, registerWorkflow, registerClass } from 'perdure:guest';
    import { FatalError } from 'perdure';
    const S = Symbol.for('workflow-serialize'), D = Symbol.for('workflow-deserialize');
    class Point { constructor(x) { this.x = x; } static [S](p) { return { x: p.x }; } static [D](d) { return new Point(d.x); } }
    class DeclinedError extends Error { amount = 7; }
    registerClass('geo//Point', Point); registerClass('pay//DeclinedError', DeclinedError);
    const named = (n) => step('crossing/' + n);
    const echo = named('echo'), isPoint = named('isPoint'), decline = named('decline'), fatal = named('fatal'), fun = named('function'), response = named('response'), read = named('read'), large = named('large');
    registerWorkflow('echo', async (value) => await echo(value));
    registerWorkflow('back', async (value) => value);
    registerWorkflow('realm', async (all) => ({
      date: all.date instanceof Date, map: all.map instanceof Map, list: all.list instanceof Array, object: Object.getPrototypeOf(all) === Object.prototype,
      error: all.error instanceof RangeError, view: all.view instanceof Uint16Array, buffer: all.view.buffer instanceof ArrayBuffer, url: all.url instanceof URL,
      headers: all.headers instanceof Headers, dom: all.dom instanceof DOMException && all.dom instanceof Error, own: all.own instanceof FatalError }));
    registerWorkflow('classes', async (point) => { const moved = new Point(point.x + 1); const error = await decline().catch((e) => e); return { mine: point instanceof Point, seen: await isPoint(moved), moved, declined: error instanceof DeclinedError, amount: error.amount, error }; });
    registerWorkflow('fatal', async () => { try { await fatal(); } catch (e) { return e instanceof FatalError; } });
    registerWorkflow('refused', async () => { const seen = {}; for (const [name, use] of Object.entries({ result: () => fun(), argument: () => echo({ a: Symbol('s') }), large })) { try { await use(); } catch (e) { seen[name] = [e.name, e.code, e.path]; } } return seen; });
    registerWorkflow('refusedEnd', async () => ({ p: Promise.resolve() }));
    registerWorkflow('messages', async (given) => { const r = await response(); const copy = r.clone(); const form = new FormData(); form.append('k', 'v');
      return { ok: r instanceof Response, status: r.status, header: r.headers.get('x-a'), json: await r.json(), again: await copy.text(), given: [given.method, given.url, await given.text()],
        back: await read(new Request('https://h/', { method: 'PUT', body: 'hi' })), params: await read(new Response(new URLSearchParams('a=1'))), made: new Response('made', { status: 202 }) }; });
  `);
  harness = startHarness(program);
});

afterAll(() => harness.close());

describe('a value', () => {
  it.each(storedValues)('crosses into a workflow, a step and back: %s', async (name, make) => {
    const back = await harness.run('echo', make());
    expect(hostCodec.stringify(back)).toBe(hostCodec.stringify(make()));
    if (name !== 'an error in a circle') expect(back).toStrictEqual(make());
  });

  it('is of the realm that it is in', async () => {
    const all = {
      date: new Date(1),
      map: new Map(),
      list: [],
      error: new RangeError('r'),
      view: new Uint16Array(2),
      url: new URL('http://h/'),
      headers: new Headers({ a: 'b' }),
      dom: new DOMException('x', 'AbortError'),
      own: new FatalError('f'),
    };
    const seen = (await harness.run('realm', all)) as Record<string, boolean>;
    expect(Object.entries(seen).filter(([, same]) => !same)).toEqual([]);
  });

  it('keeps classes that both sides know', async () => {
    const result = (await harness.run('classes', new Point(1))) as Record<string, unknown>;
    expect(result).toMatchObject({ mine: true, seen: 2, declined: true, amount: 7 });
    expect(result.moved).toBeInstanceOf(Point);
    expect(result.error).toBeInstanceOf(DeclinedError);
    expect(await harness.run('fatal')).toBe(true);
  });

  it('is refused with its path where it is used', async () => {
    expect(await harness.run('refused')).toEqual({
      result: ['SerializationError', 'NOT_SERIALIZABLE', '.deep[0]'],
      argument: ['SerializationError', 'NOT_SERIALIZABLE', '.args[0].a'],
      large: ['LimitError', 'PAYLOAD_TOO_LARGE', undefined],
    });
    await expect(harness.run('refusedEnd')).rejects.toMatchObject({
      cause: { name: 'SerializationError', path: '.p' },
    });
    await expect(harness.runtime.start({ workflowId: 'back' }, [[new WeakMap()]])).rejects.toBeInstanceOf(
      SerializationError,
    );
    await expect(harness.runtime.start({ workflowId: 'back' }, [(function* () {})()])).rejects.toBeInstanceOf(
      SerializationError,
    );
  });

  it('is a Request or Response with its body', async () => {
    const given = new Request('https://example.com/x', { method: 'POST', body: 'payload' });
    const result = (await harness.run('messages', given)) as { made: Response };
    expect(result).toMatchObject({
      ok: true,
      status: 201,
      header: 'b',
      json: { a: 1 },
      again: '{"a":1}',
      given: ['POST', 'https://example.com/x', 'payload'],
      back: ['Request', 'hi', 'text/plain;charset=UTF-8'],
      params: ['Response', 'a=1', 'application/x-www-form-urlencoded;charset=UTF-8'],
    });
    expect(result.made).toBeInstanceOf(Response);
    expect([result.made.status, await result.made.text()]).toEqual([202, 'made']);
    const used = new Response('x');
    await used.text();
    await expect(harness.runtime.start({ workflowId: 'back' }, [used])).rejects.toThrow(
      /whose body was read/,
    );
  });

  it('comes back without a copy of 20 MB kept as text twice', async () => {
    const bytes = new Uint8Array(20 * 1024 * 1024).fill(7);
    const text = hostCodec.stringify(bytes);
    // One array of nodes, then the bytes: parsing the nodes copies none of them.
    expect(text.indexOf('\n')).toBeLessThan(100);
    expect(hostCodec.parse(text)).toEqual(bytes);
    const back = (await harness.run('back', bytes)) as Uint8Array;
    expect(back.length).toBe(bytes.length);
  });
});
