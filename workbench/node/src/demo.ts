/**
 * The main job on the embedded default: an order survives two SIGKILLs of the server that runs it.
 *
 * Ends with exit code 0 only if every step completed exactly once and the run completed.
 */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerProcess } from '@workbench/e2e/server-process.ts';
import { createWorld } from 'perdure/runtime';
import { startOrderServer } from './order-server.ts';
import { type Story, tellStory } from './timeline.ts';

const dataDir = process.env.DEMO_DATA_DIR ?? fileURLToPath(new URL('../.workflow-data', import.meta.url));
const shownDir = process.env.DEMO_DATA_DIR ? dataDir : relative(process.cwd(), dataDir) || '.';
const order = { id: `order-${Date.now()}`, items: ['lamp', 'desk', 'chair'] };
const expected = [
  'reserveStock',
  'packItem',
  'packItem',
  'packItem',
  'printLabel',
  'chargeCard',
  'notifyCustomer',
];

function say(text: string): void {
  console.log(text);
}

async function post(url: string, body: unknown): Promise<{ runId: string }> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as { runId: string };
}

/** Looks at the run in the files, from this process, until `holds` is true. */
async function untilHistory(runId: string, holds: (types: readonly string[]) => boolean): Promise<void> {
  const world = await createWorld('local', { dataDir });
  const deadline = Date.now() + 15_000;
  while (!holds((await world.runs.history(runId)).map(({ eventType }) => eventType))) {
    if (Date.now() > deadline) throw new Error(`Run ${runId} did not get on within 15 s.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await world.close();
}

async function play(started: ServerProcess[]): Promise<string> {
  const server = async (): Promise<ServerProcess> => {
    const process = await startOrderServer(dataDir);
    started.push(process);
    return process;
  };
  const first = await server();
  say(`Server 1 is process ${first.pid}. Ordering ${order.items.join(', ')}.`);
  const { runId } = await post(`${first.url}/orders`, order);
  await first.line('body printLabel attempt 1');
  await first.kill();
  say('Killed it with SIGKILL in the middle of the step printLabel.');

  const second = await server();
  say(`Server 2 is process ${second.pid}. It finds the run and goes on by itself.`);
  await untilHistory(runId, (types) => types.includes('wait_created'));
  await second.kill();
  say('Killed it with SIGKILL while the order sleeps. Nobody runs now.');

  const third = await server();
  say(`Server 3 is process ${third.pid}.`);
  await untilHistory(runId, (types) => types.includes('hook_created'));
  say('The order slept to its end and waits for approval. Approving over HTTP.');
  await post(`${third.url}/approvals/${encodeURIComponent(order.id)}`, { by: 'Ada' });
  await untilHistory(runId, (types) => types.includes('run_completed'));
  const response = await fetch(`${third.url}/orders/${runId}`);
  say(`GET /orders/${runId} answers:\n${JSON.stringify(await response.json(), null, 2)}`);
  await third.stop();
  return runId;
}

/** What went wrong; empty when every step completed exactly once. */
function problemsOf({ steps }: Story): string[] {
  const stories = [...steps.values()];
  const names = stories.map(({ name }) => name);
  const problems = stories
    .filter(({ completions }) => completions !== 1)
    .map(({ name }) => `${name} did not complete once`);
  if (names.toSorted().join() !== expected.toSorted().join())
    problems.push(`expected the steps ${expected}, got ${names}`);
  for (const { name, attempts } of stories) {
    const allowed = name === 'printLabel' ? 2 : 1;
    if (attempts.length !== allowed)
      problems.push(`${name} ran ${attempts.length} times, expected ${allowed}`);
  }
  return problems;
}

const started: ServerProcess[] = [];
try {
  const runId = await play(started);
  const world = await createWorld('local', { dataDir });
  const story = tellStory(await world.runs.history(runId));
  await world.close();
  const problems = problemsOf(story);
  const once = [...story.steps.values()]
    .filter(({ attempts }) => attempts.length === 1)
    .map(({ name }) => name);
  say(`\nThe history of ${runId}:\n${story.lines.join('\n')}`);
  say(`\nNot run again, although two servers died: ${once.join(', ')}.`);
  say(`The data: ${shownDir}/runs/ended/${runId}.jsonl, one readable line an event.`);
  say('\nTry next:');
  say(`  npx -y pnpm@12 perdure inspect run ${runId} --data-dir ${shownDir}`);
  say(`  npx -y pnpm@12 perdure inspect events ${runId} --data-dir ${shownDir}`);
  say(`  npx -y pnpm@12 perdure run workbench/workflows/src/steps.ts#addTen --args '[123]'`);
  if (problems.length > 0) throw new Error(problems.join('; '));
  say('\nEvery step completed exactly once, and the run completed.');
} catch (error) {
  console.error('The demo failed:', error);
  process.exitCode = 1;
} finally {
  for (const process of started) await process.kill();
}
