import assert from 'node:assert/strict';
import * as recovery from '@workbench/workflows/recovery.ts';
import { takesRequest } from '@workbench/workflows/webhooks.ts';
import { type App, count } from '../app.ts';

/** An app whose server can be killed. */
export interface MortalApp extends App {
  /** For how long a worker that is gone keeps what it has. */
  readonly leaseMs: number;
  /** SIGKILL of the server that runs the run that was started last; resolves when the process is gone. */
  crash(): Promise<void>;
  /** Another server, when that was the last one. */
  restart(): Promise<void>;
  /** What bodies of steps ran, from outside of any world: one line `name attempt` each, on disk before the body went on. */
  effects(): Promise<string[]>;
}

export interface RecoveryCase {
  readonly name: string;
  /** Whether servers are killed: then their leases are short. Default `some`. */
  readonly kills?: 'some' | 'none';
  play(app: MortalApp): Promise<void>;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function readOn(reader: ReadableStreamDefaultReader<string>, seen: string[]): Promise<void> {
  for (let read = await reader.read(); !read.done; read = await reader.read()) seen.push(read.value);
}

export const recoveryCases: readonly RecoveryCase[] = [
  {
    name: 'killed in a step: the step has one more attempt, those before it none',
    async play(app) {
      const run = await app.start(recovery.hangsInStep, []);
      await until(async () => (await app.effects()).includes('during 1'));
      await app.crash();
      await app.restart();
      assert.deepEqual(await run.returnValue, ['before', 'during', 'after']);
      assert.deepEqual(await app.effects(), ['before 1', 'during 1', 'during 2', 'after 1']);
      const started = (await app.history(run.runId)).filter(({ eventType }) => eventType === 'step_started');
      const attempts = started.map(({ eventData }) => (eventData as { attempt: number }).attempt);
      assert.deepEqual(attempts, [1, 1, 2, 1]);
    },
  },
  {
    name: 'killed in an offered step: it is handed out once more, by its history alone',
    async play(app) {
      const run = await app.start(recovery.hangsInOfferedStep, []);
      await until(async () => (await app.effects()).includes('during 1'));
      await app.crash();
      await app.restart();
      assert.deepEqual(await run.returnValue, ['before', 'during', 'after']);
      assert.deepEqual(await app.effects(), ['before 1', 'during 1', 'during 2', 'after 1']);
      const history = await app.history(run.runId);
      assert.deepEqual([count(history, 'step_offered'), count(history, 'step_started')], [1, 4]);
    },
  },
  {
    name: 'killed while a run sleeps: it wakes after the restart, not early, and what it did is not done again',
    async play(app) {
      const run = await app.start(recovery.sleepsLong, [1_500]);
      await app.until(run.runId, (history) => count(history, 'wait_created') === 1);
      await app.crash();
      await app.restart();
      assert.deepEqual(await run.returnValue, [true, 'after']);
      assert.deepEqual(await app.effects(), ['before 1', 'after 1']);
      const history = await app.history(run.runId);
      const [created, completed] = history.filter(({ eventType }) => eventType.startsWith('wait_'));
      assert.ok(completed!.createdAt - created!.createdAt >= 1_500);
    },
  },
  {
    name: 'killed between steps, with a payload acknowledged just before: it is not lost',
    async play(app) {
      const token = app.token('between');
      const run = await app.start(recovery.waitsBetween, [token]);
      await app.until(run.runId, (history) => count(history, 'hook_created') === 1);
      await app.resumeHook(token, { kept: true });
      await app.crash();
      await app.restart();
      assert.deepEqual(await run.returnValue, ['first', { kept: true }, 'second']);
      const effects = await app.effects();
      assert.equal(effects.filter((line) => line.startsWith('first')).length, 1);
      assert.equal(count(await app.history(run.runId), 'hook_received'), 1);
    },
  },
  {
    name: 'killed three times somewhere in two hundred steps: only interrupted ones run again',
    async play(app) {
      const run = await app.start(recovery.sequence, [200]);
      for (const lines of [20, 80, 140]) {
        await until(async () => (await app.effects()).length >= lines);
        await app.crash();
        await app.restart();
      }
      assert.equal(await run.returnValue, 200);
      const bodies = (await app.effects()).map((line) => line.split(' ')[0]!);
      assert.equal(new Set(bodies).size, 200);
      assert.ok(bodies.length <= 203, `${bodies.length} bodies for 200 steps and 3 kills`);
      const history = await app.history(run.runId);
      assert.equal(count(history, 'step_completed'), 200);
      assert.ok(count(history, 'step_started') <= 203);
    },
  },
  {
    name: 'killed during a fan-out: what was done stays, what hung runs once more',
    async play(app) {
      const run = await app.start(recovery.fansOut, [10]);
      await app.until(run.runId, (history) => count(history, 'step_completed') === 10);
      await until(async () => (await app.effects()).length === 20);
      await app.crash();
      await app.restart();
      assert.equal((await run.returnValue).length, 20);
      const expected = Array.from({ length: 10 }, (_, i) => [
        `quick-${i} 1`,
        `hanging-${i} 1`,
        `hanging-${i} 2`,
      ]);
      assert.deepEqual((await app.effects()).toSorted(), expected.flat().toSorted());
    },
  },
  {
    name: 'a reader of a stream goes on after a restart where it was: no chunk is missing, none comes twice',
    async play(app) {
      const run = await app.start(recovery.writesAcrossCrash, []);
      const reader = run.getReadable<string>().getReader();
      const seen: string[] = [];
      while (seen.length < 3) seen.push((await reader.read()).value!);
      await until(async () => (await app.effects()).includes('between 1'));
      await app.crash();
      // Cut off with its server; at another one it goes on.
      await readOn(reader, seen).catch(() => undefined);
      await app.restart();
      for await (const chunk of run.getReadable<string>({ startIndex: seen.length })) seen.push(chunk);
      assert.deepEqual(seen, ['one', 'two', 'three', 'four', 'five']);
      await run.returnValue;
    },
  },
  {
    name: 'the URL of a webhook takes requests after a restart',
    async play(app) {
      const run = await app.start(takesRequest, []);
      await app.until(run.runId, (history) => count(history, 'step_completed') === 1);
      const reader = run.getReadable<string>().getReader();
      const { value: url } = await reader.read();
      await reader.cancel();
      await app.crash();
      await app.restart();
      assert.equal((await app.request(url!, { method: 'POST', body: 'still here' })).status, 202);
      assert.equal((await run.returnValue)[3], 'still here');
    },
  },
  {
    name: 'two workers on one Postgres: no live step ever starts twice',
    kills: 'none',
    async play(app) {
      const names = Array.from({ length: 12 }, (_, i) => `run-${i}`);
      const ms = 1.2 * app.leaseMs;
      const runs = await Promise.all(names.map((name) => app.start(recovery.takesLong, [name, ms])));
      await Promise.all(runs.map((run) => run.returnValue));
      const steps = ['0', '1', '2', 'long'].flatMap((round) => [`${round}-here 1`, `${round}-there 1`]);
      const expected = names.flatMap((name) => steps.map((step) => `${name}-${step}`));
      assert.deepEqual((await app.effects()).toSorted(), expected.toSorted());
      const histories = await Promise.all(runs.map(({ runId }) => app.history(runId)));
      const started = histories.flat().filter((event) => event.eventType === 'step_started');
      assert.equal(started.length, expected.length);
      assert.ok(new Set(started.map(({ eventData }) => eventData.worker)).size > 1, 'one worker did it all');
    },
  },
];
