import { randomBytes } from 'node:crypto';
import type { Event } from '@perdure/world';
import { createMemoryWorld } from '@perdure/world-memory';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createRuntime,
  type ProgramSource,
  parseClassName,
  parseStepName,
  parseWorkflowName,
  viewChunk,
  viewEvent,
  viewRun,
} from '../src/index.ts';
import { declareSteps, until } from './harness.ts';
import { buildProgram } from './program.ts';

const key = { id: 'k', secret: randomBytes(32) };
const value = (shown: unknown): unknown => ({ kind: 'value', value: shown });
let program: ProgramSource;

beforeAll(async () => {
  let failed = 0;
  declareSteps({
    'observed/once': async () => {
      failed += 1;
      if (failed % 2 === 1) throw Object.assign(new RangeError('not yet'), { retries: 1 });
      return new Map([['a', 1n]]);
    },
    'observed/write': async (stream: WritableStream<unknown>) => {
      const writer = stream.getWriter();
      await writer.write('text');
      await writer.write(Uint8Array.of(1, 2));
      await writer.close();
    },
  });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    import { createHook, getWritable } from 'perdure';
    const once = step('observed/once'), write = step('observed/write');
    once.retry = { delay: 1 };
    registerWorkflow('observed', async (who) => {
      const result = await once(who);
      await write(getWritable());
      const hook = createHook({ token: 'observed', metadata: { about: who } });
      const said = [await hook, await hook];
      throw Object.assign(new TypeError('the end'), { said, result });
    });
  `);
});

/** The history and the chunks of a run that ended. */
async function observed(
  options: object,
): Promise<{ history: Event[]; chunks: (string | Uint8Array)[]; runId: string }> {
  const world = createMemoryWorld();
  const quiet = { log: () => undefined, report: () => undefined };
  const runtime = createRuntime({ ...quiet, ...options, world, program });
  const run = await runtime.start({ workflowId: 'observed' }, ['secret Ada']);
  await until(async () => (await world.runs.hooks(run.runId)).length === 1);
  await runtime.resumeHook('observed', 'secret one');
  await runtime.resumeHook('observed', 'secret two');
  await run.returnValue.catch(() => undefined);
  const history = await world.runs.history(run.runId);
  const { chunks } = await world.streams.read(run.runId, 'default', { from: 0, limit: 10 });
  await runtime.close();
  return { history, chunks: chunks.map(({ data }) => data), runId: run.runId };
}

describe('a run that is looked at', () => {
  it.each([
    ['open', {}, {}],
    ['sealed, with the key', { encryption: [key] }, { keys: [key] }],
  ])('%s shows arguments, results, errors, payloads and chunks', async (_how, options, view) => {
    const { history, chunks, runId } = await observed(options);
    const run = viewRun(history, view)!;
    expect([run.input, run.output]).toEqual([value(['secret Ada']), undefined]);
    expect(run.error).toMatchObject({
      kind: 'value',
      value: { name: 'TypeError', message: 'the end', said: ['secret one', 'secret two'] },
    });
    const [first] = [...run.stepValues.values()];
    expect(first!.input).toEqual(value(['secret Ada']));
    expect(first!.output).toEqual(value(new Map([['a', 1n]])));
    expect(first!.error).toMatchObject({ value: { name: 'RangeError', retries: 1 } });
    expect([...run.hookPayloads.values()]).toEqual([[value('secret one'), value('secret two')]]);
    expect(chunks.map((chunk) => viewChunk(chunk, { runId, name: 'default' }, view))).toEqual([
      value('text'),
      value(Uint8Array.of(1, 2)),
    ]);
    const created = history.find(({ eventType }) => eventType === 'hook_created')!;
    expect(viewEvent(created, view).eventData.metadata).toEqual(value({ about: 'secret Ada' }));
    expect(run.run.status).toBe('failed');
  });

  it('stays closed where it is sealed and the key is not there', async () => {
    const { history, chunks, runId } = await observed({ encryption: [key] });
    const views = [
      ...history.map((event) => viewEvent(event)),
      viewRun(history)!,
      ...chunks.map((chunk) => viewChunk(chunk, { runId, name: 'default' })),
    ];
    for (const view of views) expect(JSON.stringify(view, plain)).not.toMatch(/secret/);
    expect(viewRun(history)!.input).toEqual({ kind: 'sealed' });
    const other = [{ id: 'k', secret: randomBytes(32) }];
    expect(viewRun(history, { keys: other })!.input).toMatchObject({ kind: 'unreadable' });
  });

  it('never shows the seed', async () => {
    const { history } = await observed({});
    const { seed } = history[0]!.eventData as { seed: string };
    expect(
      JSON.stringify(
        history.map((event) => viewEvent(event)),
        plain,
      ),
    ).not.toContain(seed);
  });

  it('is nothing without a history', () => {
    expect(viewRun([])).toBeUndefined();
  });
});

/** Maps and bigints as JSON, so that nothing hides in them. */
function plain(_key: string, shown: unknown): unknown {
  if (typeof shown === 'bigint') return String(shown);
  return shown instanceof Map ? [...shown] : shown;
}

describe('an id', () => {
  it('has a kind, a path and a name', () => {
    expect(parseWorkflowName('workflow//src/order//processOrder')).toEqual({
      kind: 'workflow',
      path: 'src/order',
      name: 'processOrder',
    });
    expect(parseStepName('step//@scope/package/src/a.b//outer/inner#method').path).toBe(
      '@scope/package/src/a.b',
    );
    expect(parseStepName('step//perdure//fetch').name).toBe('fetch');
    expect(parseClassName('class//src/money//Money').name).toBe('Money');
  });

  it.each([
    '',
    'workflow',
    'workflow//',
    'workflow//a',
    'workflow//a//',
    'workflow////b',
    'step//a//b',
    'xworkflow//a//b',
    'workflow//a//b//c',
    `workflow//${'a'.repeat(2_000)}//b`,
    undefined,
    7,
    null,
    {},
  ])('is not %j', (id) => {
    expect(() => parseWorkflowName(id as string)).toThrow(
      expect.objectContaining({ name: 'NameError', code: 'NAME_INVALID' }),
    );
  });
});
