/** Local time in a workflow is UTC, whatever the machine's zone is; what it gives is what Node gives in UTC. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Harness, startHarness } from './harness.ts';
import { buildProgram } from './program.ts';

/** Expressions, which the workflow and Node evaluate alike. */
const expressions = [
  'new Date(0).toString()',
  'new Date(0).toDateString() + new Date(0).toTimeString()',
  'String(new Date(NaN)) + new Date(NaN).toDateString() + new Date(NaN).toTimeString()',
  'new Date(-62198755200000).toString() + new Date(253402300800000).toDateString()',
  'new Date(1e12).getTimezoneOffset() + String(new Date(NaN).getTimezoneOffset())',
  '[new Date(1e12)].map((d) => [d.getFullYear(), d.getMonth(), d.getDate(), d.getDay(), d.getHours(), d.getMinutes(), d.getSeconds(), d.getMilliseconds()].join())',
  '(() => { const d = new Date(0); d.setFullYear(2024, 1, 29); d.setHours(23, 59, 58, 7); return d.toISOString(); })()',
  'new Date(2024, 0, 31, 9).toISOString() + new Date(99, 5).toISOString() + new Date(2024, NaN).getTime()',
  ...[
    '2024-03-10',
    '2024-03-10T02:30',
    '2024-03-10T02:30:15.123',
    '2024-03-10T02:30:15Z',
    '2024-03-10T02:30:15+05:30',
    '+012024-03-10T02:30',
    'March 10, 2024 02:30',
    '10 Mar 2024 02:30:00 GMT',
    'Sun Mar 10 2024 02:30:00 GMT-0500 (Eastern Standard Time)',
    'Sun, 10 Mar 2024 02:30:00 EST',
    '2024/03/10 02:30',
    '2024-03-10 02:30',
    '3/10/2024',
    'no date',
    '',
  ].flatMap((text) => [`Date.parse(${JSON.stringify(text)})`, `new Date(${JSON.stringify(text)}).getTime()`]),
  'new Date(new Date(5)).getTime() + new Date({ valueOf: () => 7 }).getTime() + new Date(true).getTime()',
  "new Date({ [Symbol.toPrimitive]: () => '2024-03-10T02:30' }).getTime()",
  'new Date(undefined).getTime() + "," + new Date(null).getTime()',
  "new Date(1e12).toLocaleString('en') + new Date(1e12).toLocaleDateString('de') + new Date(1e12).toLocaleTimeString('en', { timeStyle: 'full' })",
  "new Date(1e12).toLocaleString('en', { timeZone: 'Asia/Tokyo' })",
  "new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'full' }).format(1e12) + Intl.DateTimeFormat('en').resolvedOptions().timeZone",
  "new Intl.DateTimeFormat('en', { timeZone: 'America/New_York', timeStyle: 'long' }).format(1e12)",
  "[new Intl.DateTimeFormat() instanceof Intl.DateTimeFormat, Intl.DateTimeFormat.name, Intl.DateTimeFormat.length, Intl.DateTimeFormat.supportedLocalesOf('de').join()].join()",
  "''.concat(new Date(0)) + (new Date(0) + 1) + JSON.stringify(new Date(0))",
];
const source = `[${expressions.map((text) => `() => String(${text})`).join(',')}].map((one) => one())`;

let harness: Harness;

beforeAll(async () => {
  const program = await buildProgram(`
    import { registerWorkflow } from 'perdure:guest';
    registerWorkflow('times', async () => ${source});
  `);
  harness = startHarness(program);
});
afterAll(() => harness.close());

function inZone<T>(zone: string, evaluate: () => T): T {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return evaluate();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

it.each(['UTC', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'])('a machine in %s', async (zone) => {
  const expected = inZone('UTC', () => new Function(`return ${source}`)() as string[]);
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    const there = new Date(2024, 0, 1).getTimezoneOffset();
    expect(there === 0, 'the zone is set').toBe(zone === 'UTC');
    const seen = (await harness.run('times')) as string[];
    const pairs = (texts: string[]) => texts.map((text, i) => `${expressions[i]}: ${text}`);
    expect(pairs(seen)).toEqual(pairs(expected));
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});
