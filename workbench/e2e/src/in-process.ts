/** The app without a server: runtimes on worlds in this process, and a record of every run. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event, World } from '@perdure/world';
import { createPostgresWorld } from '@perdure/world-postgres';
import { ask } from '@workbench/postgres/database.ts';
import { testServer } from '@workbench/postgres/test-server.ts';
import {
  createRuntime,
  createWorld,
  healthCheck,
  type Runtime,
  type RuntimeOptions,
  setWorld,
} from 'perdure/runtime';
import type { App } from './app.ts';
import { handleDriver } from './driver.ts';
import type { Way } from './exceptions.ts';

export interface RecordedApp extends App {
  /** The histories of all runs started here, oldest run first, without what differs from one time to the next. */
  histories(): Promise<unknown[][]>;
  readonly problems: readonly string[];
}

/** A place where cases are played, one after the other. */
export interface Stage {
  /** The app as one case sees it: what was reported before is forgotten. */
  app(): RecordedApp;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly world: string;
  /** One worker that keeps Executions between turns, or drops them after every one; or three, to which calls go in turn. */
  readonly way: Exclude<Way, 'http' | 'http fleet'>;
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const { worlds, remove } = await placeOf(options);
  setWorld(worlds[0]!);
  const problems: string[] = [];
  const report = (problem: string, error: unknown): void => void problems.push(`${problem}: ${error}`);
  const runtimes = worlds.map((world, i) =>
    createRuntime({ world, log: () => undefined, report, ...settingOf(options, i) }),
  );
  let calls = 0;
  return {
    app() {
      problems.length = 0;
      return recordedApp(worlds[0]!, () => runtimes[calls++ % runtimes.length]!, problems);
    },
    async close() {
      await Promise.all(runtimes.map((runtime) => runtime.close({ graceMs: 0 })));
      await Promise.all(worlds.map((world) => world.close()));
      await remove();
    },
  };
}

/** Of three workers, one keeps Executions, one drops them, and one keeps the last that it used. */
function settingOf({ way }: StageOptions, worker: number): Partial<RuntimeOptions> {
  if (way === 'dropped' || worker === 1) return { maxResidentExecutions: 0 };
  return worker === 2 ? { maxResidentExecutions: 1 } : {};
}

function recordedApp(world: World, next: () => Runtime, problems: readonly string[]): RecordedApp {
  const runIds: string[] = [];
  return {
    problems,
    async start(workflow, args, options) {
      const run = await next().start(workflow, args, options);
      if (!runIds.includes(run.runId)) runIds.push(run.runId);
      return run;
    },
    getRun: (runId) => next().getRun(runId),
    resumeHook: (token, payload, options) => next().resumeHook(token, payload, options),
    getHookByToken: (token) => next().getHookByToken(token),
    onHost: async (fn, args) => await fn(...args),
    async request(url, init) {
      const request = new Request(new URL(url, 'http://localhost'), init);
      return (
        (await next().handle(request)) ?? (await handleDriver(request)) ?? new Response(null, { status: 404 })
      );
    },
    health: () => healthCheck({ runtime: next() }),
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
  };
}

interface Place {
  /** One a worker. */
  readonly worlds: readonly World[];
  remove(): Promise<void>;
}

/** A place that nobody else has: a directory, or a schema, of its own. */
async function placeOf({ world: name, way }: StageOptions): Promise<Place> {
  if (name === 'postgres') {
    const { url: connectionString } = await testServer();
    const schema = `e2e_${randomBytes(6).toString('hex')}`;
    const remove = async () => void (await ask(connectionString, `DROP SCHEMA IF EXISTS ${schema} CASCADE`));
    const all = { connectionString, schema };
    // Each has a pool and a listener of its own, but one hears nothing, and finds what there is by looking.
    const fleet = [all, all, { ...all, notifications: 'off' as const }];
    return { worlds: (way === 'fleet' ? fleet : [all]).map(createPostgresWorld), remove };
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'perdure-e2e-'));
  const remove = () => rm(dataDir, { recursive: true, force: true });
  return { worlds: [await createWorld(name, { dataDir })], remove };
}

const timedFields = new Set(['resumeAt', 'retryAt', 'worker', 'seed']);

const isoDate = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
const madeUpToken = /\b[0-9a-f]{64}\b/g;
/** Frames of Node itself in a stack, as JSON has them: which timers share a turn of the event loop is chance. */
const nodeFrame = /\\+n {4}at (?:[^\\"]* \()?node:[^\\"]*/g;

/** An event with run ids by number, and without times, worker names, the secret seed and what is Node's own in stacks. */
function withoutTimes(event: Event, runIds: readonly string[]): unknown {
  const { createdAt: _createdAt, key: _key, ...rest } = event;
  const text = JSON.stringify(rest, (field, value) => (timedFields.has(field) ? '' : value));
  const named = runIds.reduce(
    (all, runId, i) => all.replaceAll(runId.slice('wrun_'.length), `run${i}`),
    text,
  );
  const lasting = named.replaceAll(isoDate, '<date>').replaceAll(madeUpToken, '<token>');
  return JSON.parse(lasting.replaceAll(nodeFrame, ''));
}
