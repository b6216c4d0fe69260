import { randomBytes } from 'node:crypto';
import { createMemoryWorld } from '@perdure/world-memory';
import { beforeAll, expect, it } from 'vitest';
import { createRuntime, getWorkflowMetadata, type ProgramSource } from '../src/index.ts';
import { declareSteps, until } from './harness.ts';
import { buildProgram } from './program.ts';

let program: ProgramSource;

beforeAll(async () => {
  declareSteps({ 'metadata/inStep': async () => getWorkflowMetadata() });
  program = await buildProgram(`
    import { step, registerWorkflow } from 'perdure:guest';
    import { createHook, createWebhook, getWorkflowMetadata } from 'perdure';
    const inStep = step('metadata/inStep');
    registerWorkflow('tells', async () => {
      const before = getWorkflowMetadata();
      const webhook = createWebhook();
      await createHook({ token: 'goes on' });
      return { before, inStep: await inStep(), after: getWorkflowMetadata(), webhook: webhook.url };
    });
  `);
});

/** Starts a run in one process, and ends it in another that is configured otherwise. */
async function acrossProcesses(
  first: object,
  second: object,
): Promise<Record<string, Record<string, unknown>>> {
  const world = createMemoryWorld();
  const shared = { world, program, log: () => undefined, report: () => undefined };
  const starting = createRuntime({ ...shared, ...first });
  const run = await starting.start({ workflowId: 'tells' }, []);
  await until(async () => (await world.runs.hooks(run.runId)).length === 2);
  await starting.close();
  const ending = createRuntime({ ...shared, ...second });
  await ending.resumeHook('goes on', 1);
  const value = await ending.getRun(run.runId).returnValue;
  await ending.close();
  await world.close();
  return value as Record<string, Record<string, unknown>>;
}

it('a run keeps the URL that it started with, in workflow, step and webhooks', async () => {
  const { before, inStep, after, webhook } = await acrossProcesses(
    { publicUrl: 'https://one.example.org' },
    { publicUrl: 'https://two.example.org' },
  );
  expect(before).toMatchObject({ url: 'https://one.example.org', features: { encryption: false } });
  expect(inStep).toEqual(before);
  expect(after).toEqual(before);
  expect(String(webhook).startsWith('https://one.example.org/.well-known/')).toBe(true);
});

it('a run is said to be sealed when its payloads are, whatever this process would do with a new one', async () => {
  const key = { id: 'k', secret: randomBytes(32) };
  const { before, inStep } = await acrossProcesses({ encryption: [key] }, { encryption: [key] });
  expect(before).toMatchObject({ features: { encryption: true } });
  expect(inStep).toEqual(before);
  const later = await acrossProcesses({}, { encryption: [key] }).catch((error: unknown) => error);
  expect(later).toMatchObject({ inStep: { features: { encryption: false } } });
});
