/** The app without a server: a runtime on a world in this process, and a record of every run. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event, World } from '@perdure/world';
import { createPostgresWorld } from '@perdure/world-postgres';
import { ask } from '@workbench/postgres/database.ts';
import { testServer } from '@workbench/postgres/test-server.ts';
import { createRuntime, createWorld, healthCheck, setWorld } from 'perdure/runtime';
import type { App } from './app.ts';
import { handleDriver } from './driver.ts';

export interface InProcessApp extends App {
  /** The histories of all runs, oldest run first, without what differs from one time to the next. */
  histories(): Promise<unknown[][]>;
  readonly problems: readonly string[];
  close(): Promise<void>;
}

export interface InProcessOptions {
  readonly world: string;
  /** `resident` keeps Executions between turns, `dropped` drops them after every one. */
  readonly residency: 'resident' | 'dropped';
}

export async function openApp({ world: name, residency }: InProcessOptions): Promise<InProcessApp> {
  const place = await placeOf(name);
  const { world } = place;
  setWorld(world);
  const problems: string[] = [];
  const runtime = createRuntime({
    world,
    log: () => undefined,
    report: (problem, error) => problems.push(`${problem}: ${error}`),
    ...(residency === 'dropped' ? { maxResidentExecutions: 0 } : {}),
  });
  const runIds: string[] = [];
  return {
    problems,
    async start(workflow, args, options) {
      const run = await runtime.start(workflow, args, options);
      if (!runIds.includes(run.runId)) runIds.push(run.runId);
      return run;
    },
    getRun: (runId) => runtime.getRun(runId),
    resumeHook: (token, payload, options) => runtime.resumeHook(token, payload, options),
    getHookByToken: (token) => runtime.getHookByToken(token),
    onHost: async (fn, args) => await fn(...args),
    async request(url, init) {
      const request = new Request(new URL(url, 'http://localhost'), init);
      return (
        (await runtime.handle(request)) ??
        (await handleDriver(request)) ??
        new Response(null, { status: 404 })
      );
    },
    health: () => healthCheck({ runtime }),
    history: (runId) => world.runs.history(runId),
    async until(runId, holds) {
      while (!holds(await world.runs.history(runId))) await new Promise((resolve) => setTimeout(resolve, 2));
    },
    token: (caseName) => `token of ${caseName}`,
    async histories() {
      const histories: unknown[][] = [];
      for (const runId of runIds) {
        const history = await world.runs.history(runId);
        histories.push(history.map((event) => withoutTimes(event, runIds)));
      }
      return histories;
    },
    async close() {
      await runtime.close({ graceMs: 0 });
      await world.close();
      await place.remove();
    },
  };
}

interface Place {
  readonly world: World;
  remove(): Promise<void>;
}

/** A world that nobody else has: a directory, or a schema, of its own. */
async function placeOf(name: string): Promise<Place> {
  if (name === 'postgres') {
    const { url: connectionString } = await testServer();
    const schema = `e2e_${randomBytes(6).toString('hex')}`;
    const remove = async () => void (await ask(connectionString, `DROP SCHEMA IF EXISTS ${schema} CASCADE`));
    return { world: createPostgresWorld({ connectionString, schema }), remove };
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'perdure-e2e-'));
  const remove = () => rm(dataDir, { recursive: true, force: true });
  return { world: await createWorld(name, { dataDir }), remove };
}

const timedFields = new Set(['resumeAt', 'retryAt', 'worker', 'seed']);

const isoDate = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
const madeUpToken = /\b[0-9a-f]{64}\b/g;

/** An event with run ids by number, and without times, worker names and the secret seed. */
function withoutTimes(event: Event, runIds: readonly string[]): unknown {
  const { createdAt: _createdAt, key: _key, ...rest } = event;
  const text = JSON.stringify(rest, (field, value) => (timedFields.has(field) ? '' : value));
  const named = runIds.reduce(
    (all, runId, i) => all.replaceAll(runId.slice('wrun_'.length), `run${i}`),
    text,
  );
  return JSON.parse(named.replaceAll(isoDate, '<date>').replaceAll(madeUpToken, '<token>'));
}
