/** The web's own objects in a workflow, compared with Node's: each expression is evaluated on both sides. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from './harness.ts';
import { buildProgram } from './program.ts';

const bytes =
  '[0x41, 0xc3, 0xbc, 0xff, 0xf0, 0x9f, 0x98, 0x80, 0xe2, 0x82, 0xed, 0xa0, 0x80, 0xc0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xef, 0xbb, 0xbf]';
const thrown = (code: string): string =>
  `(() => { try { return ['value', ${code}]; } catch (e) { return ['thrown', e.name]; } })()`;

/** Expressions whose value in a workflow is that in Node. */
const same: Record<string, string> = {
  'btoa and atob': `[btoa('h\\u00ff'), atob('aGk='), atob(' a G k '), ${thrown("btoa('\\u0100')")}, ${thrown("atob('a')")}, ${thrown("atob('a=b=')")}, ${thrown("atob('=')")}, atob('')]`,
  TextEncoder: `[Array.from(new TextEncoder().encode('aü€😀\\ud800x')), new TextEncoder().encodeInto('aü😀', new Uint8Array(4)), new TextEncoder().encoding]`,
  'TextDecoder of utf-8': `[new TextDecoder().decode(new Uint8Array(${bytes})), new TextDecoder('utf8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x41])).length, new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x41])), new TextDecoder().decode()]`,
  'TextDecoder when fatal': `[${thrown(`new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(${bytes}))`)}, ${thrown("new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xe2, 0x82]))")}, new TextDecoder('utf-8', { fatal: true }).fatal]`,
  'TextDecoder in pieces': `(() => { const d = new TextDecoder(); return [d.decode(new Uint8Array([0xf0, 0x9f]), { stream: true }), d.decode(new Uint8Array([0x98, 0x80]), { stream: true }), d.decode(new Uint8Array([0xe2]), { stream: true }), d.decode()]; })()`,
  'TextDecoder of utf-16le': `[new TextDecoder('utf-16le').decode(new Uint8Array([0x41, 0, 0x3d, 0xd8, 0x00, 0xde, 0x00, 0xd8, 0x42])), new TextDecoder('utf-16').encoding]`,
  'TextDecoder of latin1': `[new TextDecoder('latin1').decode(new Uint8Array([0x41, 0xe9, 0x80, 0x9f, 0xff])), new TextDecoder('latin1').encoding, ${thrown("new TextDecoder('no such')")}]`,
  Headers: `(() => { const h = new Headers({ 'X-B': ' 2 ', a: '1' }); h.append('a', '3'); h.append('Set-Cookie', 'x=1'); h.append('set-cookie', 'y=2'); h.set('c', 'd'); h.delete('C'); const seen = []; h.forEach((v, k) => seen.push(k + v)); return [[...h], h.get('A'), h.has('x-b'), h.get('none'), h.getSetCookie(), seen, [...h.keys()], [...h.values()], ${thrown("new Headers([['a']])")}, ${thrown("h.set('a b', 'c')")}, ${thrown("h.set('a', 'c\\n d')")}, [...new Headers(h)].length]; })()`,
  Response: `(async () => { const r = new Response('{"a":[1]}', { status: 201, statusText: 'Made', headers: { 'x-y': 'z' } }); const c = r.clone(); const json = await r.json(); return [json, r.status, r.ok, r.statusText, r.bodyUsed, c.bodyUsed, [...c.headers], await c.text(), await r.text().catch((e) => e.name), r.type, r.url, r.redirected, ${thrown('r.clone()')}]; })()`,
  'Response of bytes': `(async () => [Array.from(new Uint8Array(await new Response(new Uint8Array([1, 2, 3]).subarray(1)).arrayBuffer())), new Response(new Uint8Array(1)).headers.get('content-type'), await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x41])).text(), await (await new Response(new Blob(['b'], { type: 'text/x' })).blob()).text(), new Response(new Blob([], { type: 'text/x' })).headers.get('content-type')])()`,
  'Response of parameters': `(async () => { const r = new Response(new URLSearchParams({ a: '1 2', b: 'ü' })); return [r.headers.get('content-type'), [...(await r.clone().formData())], await r.text()]; })()`,
  'Response of a form': `(async () => { const f = new FormData(); f.append('a', '1\\n2'); f.append('a"b', 'ü'); f.append('file', new Blob(['xyz'], { type: 'text/q' }), 'n.txt'); f.set('set', 'x'); f.append('a', 'again'); const back = await new Response(f).formData(); const file = back.get('file'); return [[...back.keys()], back.getAll('a'), back.get('a"b'), file.name, file.type, await file.text(), file instanceof File, file instanceof Blob]; })()`,
  'Response without a body': `(async () => { const r = new Response(null, { status: 204 }); return [await r.text(), r.body, ${thrown("new Response('x', { status: 204 })")}, ${thrown("new Response('x', { status: 99 })")}, ${thrown("new Response('x', { status: 600 })")}, await new Response().text(), new Response().bodyUsed]; })()`,
  'the static ones of Response': `(async () => { const j = Response.json({ a: 1 }, { status: 202 }); const d = Response.redirect('https://h/x', 307); return [await j.text(), j.status, j.headers.get('content-type'), d.status, d.headers.get('location'), Response.error().type, Response.error().status, ${thrown('Response.json(undefined)')}, ${thrown("Response.redirect('https://h', 200)")}]; })()`,
  Request: `(async () => { const r = new Request('https://h/a?b#c', { method: 'post', body: 'x', headers: { 'x-a': '1' } }); const c = r.clone(); const moved = new Request(r, { headers: { n: 'm' } }); return [r.method, r.url, r.redirect, [...c.headers], await moved.text(), [...moved.headers], r.bodyUsed, await c.text(), new Request('https://h').method, ${thrown("new Request('https://h', { body: 'x' })")}, ${thrown("new Request('nonsense')")}, ${thrown("new Request('https://u:p@h/')")}, ${thrown("new Request('https://h', { method: 'TRACE' })")}]; })()`,
  Blob: `(async () => { const b = new Blob(['aü', new Uint8Array([65]), new Blob(['z'])], { type: 'Text/Plain' }); return [b.size, b.type, await b.text(), await b.slice(1, -1).text(), b.slice(-1).size, Array.from(new Uint8Array(await b.slice(0, 1).arrayBuffer())), Object.prototype.toString.call(b)]; })()`,
  FormData: `(() => { const f = new FormData(); f.append('a', 1); f.append('b', '2'); f.append('a', '3'); const before = [...f]; f.set('a', '4'); f.delete('b'); return [before, [...f], f.has('b'), f.get('none')]; })()`,
  structuredClone: `(() => { const o = { d: new Date(5), r: /x/g, m: new Map([[1, { a: 1 }]]), s: new Set(['q']), e: new RangeError('r', { cause: 1 }), a: [1, , 3], v: new Uint16Array([1, 2]).subarray(1), n: null, u: undefined, b: 5n, f: Object(1) }; o.self = o; class P { x = 1; get y() { return 2; } } const c = structuredClone(o); const p = structuredClone(new P()); return [c !== o, c.self === c, c.d.getTime(), String(c.r), [...c.m], [...c.s], c.e.name, c.e.message, c.e.cause, 1 in c.a, c.a.length, Array.from(c.v), c.v.buffer.byteLength, c.b, typeof c.f, Object.getPrototypeOf(p) === Object.prototype, Object.keys(p), ${thrown('structuredClone(() => 1)')}, ${thrown("structuredClone({ s: Symbol('x') })")}, ${thrown('structuredClone(Promise.resolve())')}, ${thrown('structuredClone(new WeakMap())')}]; })()`,
  DOMException: `(() => { const e = new DOMException('m', 'AbortError'); return [e.name, e.message, e.code, e instanceof Error, String(e), new DOMException('x').name, new DOMException('x', { name: 'DataCloneError', cause: 4 }).cause, DOMException.ABORT_ERR, DOMException.DATA_CLONE_ERR, Object.prototype.toString.call(e)]; })()`,
  EventTarget: `(() => { const t = new EventTarget(), seen = []; const f = (e) => seen.push([e.type, e.target === t, e.currentTarget === t, e.eventPhase]); t.addEventListener('a', f); t.addEventListener('a', f); t.addEventListener('a', { handleEvent: (e) => { seen.push('object'); e.preventDefault(); } }, { once: true }); t.addEventListener('a', (e) => e.stopImmediatePropagation()); t.addEventListener('a', () => seen.push('never')); const first = t.dispatchEvent(new Event('a', { cancelable: true })); const second = t.dispatchEvent(new Event('a', { cancelable: true })); t.removeEventListener('a', f); t.dispatchEvent(new CustomEvent('a', { detail: 5 })); class Mine extends EventTarget {} return [seen, first, second, new CustomEvent('x', { detail: 5 }).detail, new Mine() instanceof EventTarget, new Event('q').defaultPrevented]; })()`,
  'crypto.subtle.digest': `(async () => { const all = []; for (const name of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) for (const size of [0, 1, 3, 55, 56, 63, 64, 65, 111, 112, 113, 127, 128, 129, 1000]) { const d = await crypto.subtle.digest(size % 2 ? name : { name }, Uint8Array.from({ length: size }, (_, i) => i * 31)); all.push(Array.from(new Uint8Array(d)).join()); } return [all, await crypto.subtle.digest('MD5', new Uint8Array()).catch((e) => e.name)]; })()`,
  'crypto.getRandomValues': `[...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array].map((A) => { const a = new A(64); return [crypto.getRandomValues(a) === a, new Set(a).size > 20]; }), ${thrown('crypto.getRandomValues(new Float32Array(1))')}, ${thrown('crypto.getRandomValues(new Uint8Array(65537))')}]`,
  queueMicrotask: `(async () => { const seen = []; queueMicrotask(() => seen.push('micro')); Promise.resolve().then(() => seen.push('then')); seen.push('sync'); await null; await null; return [seen, ${thrown('queueMicrotask(1)')}]; })()`,
  'Date as a class': `(() => { class Mine extends Date { twice() { return this.getTime() * 2; } } return [new Mine(5).twice(), new Mine(5) instanceof Date, Date.UTC(2020, 1), Date.parse('2020-01-01'), new Date(2020, 0, 1, 5).getHours(), Date.length, Date.name, new Date(new Date(7)).getTime(), Object.prototype.toString.call(new Date())]; })()`,
};

let harness: Harness;

beforeAll(async () => {
  const table = Object.entries(same).map(([name, code]) => `${JSON.stringify(name)}: async () => (${code})`);
  const program = await buildProgram(`
    import { registerWorkflow } from 'perdure:guest';
    const table = { ${table.join(',\n')} };
    registerWorkflow('same', async (name) => table[name]());
  `);
  harness = startHarness(program);
});

afterAll(() => harness.close());

describe('in a workflow as in Node', () => {
  it.each(Object.entries(same))('%s', async (name, code) => {
    // biome-ignore lint/security/noGlobalEval: the expressions of this table, evaluated outside the sandbox.
    const expected = await globalThis.eval(`(async () => (${code}))()`);
    expect(await harness.run('same', name)).toEqual(expected);
  });
});
