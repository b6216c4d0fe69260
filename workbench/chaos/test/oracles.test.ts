/** Each oracle is content with what happened, and complains when that is doctored. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Event, type EventOf, eventIdOf } from '@perdure/world';
import { createRuntime, createWorld } from 'perdure/runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Evidence, Lives, RunEvidence } from '../src/evidence.ts';
import { directoryIsInOrder, linesAreIntact } from '../src/line-oracle.ts';
import {
  bodiesAreAttempts,
  completesWithItsAnswer,
  isLegal,
  judge,
  keepsWhatWasSeen,
  neverPausesOrFails,
  payloadsArriveOnce,
  stepsEndOnce,
  waitsLongEnough,
  workersAreQuiet,
} from '../src/oracles.ts';
import type { Plan } from '../src/plan.ts';
import { createRandom } from '../src/random.ts';
import { replaysAsRecorded } from '../src/replay-oracle.ts';
import { Sender } from '../src/sender.ts';
import { readEffects } from '../src/witness.ts';

const plan: Plan = {
  name: 'small',
  start: 5,
  parts: [
    { kind: 'sequence', steps: 2 },
    { kind: 'stumbles', steps: 1 },
    { kind: 'sleep', ms: 1 },
    { kind: 'fanOut', width: 3 },
    { kind: 'hook', token: 'small hook', first: 1, payloads: 2 },
  ],
};
const dataDir = mkdtempSync(join(tmpdir(), 'perdure-chaos-'));
const life = { pid: process.pid, spawnedAt: 0, end: 'alive', stops: 0, complaints: [] } as const;
const lives: Lives = new Map([[life.pid, { ...life, complaints: [] }]]);
let run: RunEvidence;
let programs: ReadonlyMap<string, string>;

beforeAll(async () => {
  vi.stubEnv('CHAOS_EFFECTS', join(dataDir, 'effects.txt'));
  const world = await createWorld('local', { dataDir });
  const runtime = createRuntime({ world });
  const sender = new Sender(world, createRandom(1));
  sender.play(plan);
  await sender.allEnded();
  await runtime.close();
  const { runId, answer, acknowledged } = sender.runs[0]!;
  const history = await world.runs.history(runId);
  const { program } = (history[0] as EventOf<'run_created'>).eventData;
  programs = new Map([[program, (await world.programs.get(program))!]]);
  await sender.close();
  await world.close();
  const effects = readEffects(join(dataDir, 'effects.txt'));
  run = { runId, plan, history, answer, acknowledged, seen: history.slice(0, 9), effects };
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(dataDir, { recursive: true, force: true });
});

/** The run with another history, whose versions are made dense again. */
function withHistory(change: (events: Event[]) => Event[]): RunEvidence {
  const events = change([...run.history]);
  const history = events.map((event, at) => ({ ...event, version: at + 1, eventId: eventIdOf(at + 1) }));
  return { ...run, history };
}

function indexOf(type: Event['eventType']): number {
  return run.history.findIndex(({ eventType }) => eventType === type);
}

const inserted = (type: Event['eventType'], change: object = {}) =>
  withHistory((events) =>
    events.toSpliced(indexOf(type) + 1, 0, { ...events[indexOf(type)]!, ...change } as Event),
  );

const replaced = (type: Event['eventType'], change: object) =>
  withHistory((events) => events.with(indexOf(type), { ...events[indexOf(type)]!, ...change } as Event));

const removed = (type: Event['eventType']) => withHistory((events) => events.toSpliced(indexOf(type), 1));

/** A second attempt of the first step, begun by a process while the first has no end. */
const cutBy = (pid: number) =>
  inserted('step_started', { eventData: { attempt: 2, worker: `worker_${pid}_x` } });

describe('with what happened', () => {
  it('every oracle is content', () => {
    const quiet = [{ ...life, complaints: [] }];
    const evidence: Evidence = {
      runs: [run],
      lives: quiet,
      programs,
      troubles: [],
      storeProblems: directoryIsInOrder(dataDir),
      broken: { cuts: 0, lostReplies: 0, terminated: 0, restarts: 0 },
    };
    expect(judge(evidence)).toEqual([]);
  });
});

describe('with a doctored history', () => {
  it.each<[string, (run: RunEvidence, lives: Lives) => string[], () => RunEvidence, RegExp]>([
    ['another answer', completesWithItsAnswer, () => ({ ...run, answer: 1 }), /answer is 1/],
    ['no end', completesWithItsAnswer, () => removed('run_completed'), /last event is/],
    ['a gap', isLegal, () => ({ ...run, history: run.history.toSpliced(4, 1) }), /version 6 at position 5/],
    ['an event that cannot follow', isLegal, () => inserted('step_completed'), /is completed/],
    ['two ends', isLegal, () => inserted('run_completed'), /2 ends/],
    ['a pause', neverPausesOrFails, () => inserted('run_started', { eventType: 'run_paused' }), /run_paused/],
    [
      'a failed step',
      neverPausesOrFails,
      () => replaced('step_completed', { eventType: 'step_failed' }),
      /step_failed/,
    ],
    ['two outcomes', stepsEndOnce, () => inserted('step_completed'), /2 outcomes/],
    ['a live step started again', stepsEndOnce, () => cutBy(process.pid), /was still running/],
    ['a step of a live process taken over', stepsEndOnce, () => cutBy(1), /although process \d+ lived/],
    ['a payload lost', payloadsArriveOnce, () => removed('hook_received'), /is there 0 times/],
    ['a payload twice', payloadsArriveOnce, () => inserted('hook_received'), /is there 2 times/],
    [
      'a payload nobody sent',
      payloadsArriveOnce,
      () => inserted('hook_received', { key: 'x' }),
      /3 payloads, expected 2/,
    ],
    [
      'an event changed',
      keepsWhatWasSeen,
      () => replaced('step_started', { createdAt: 1 }),
      /not those seen before/,
    ],
    ['a wait cut short', waitsLongEnough, () => replaced('wait_completed', { createdAt: 1 }), /ended early/],
  ])('%s', (_name, oracle, doctored, complaint) => {
    expect(oracle(run, lives)).toEqual([]);
    expect(oracle(doctored(), lives).join('\n')).toMatch(complaint);
  });

  it('a cut after the death of the process is none', () => {
    const dead: Lives = new Map([[life.pid, { ...life, complaints: [], end: 'killed', replaceableFrom: 1 }]]);
    expect(stepsEndOnce(cutBy(1), dead)).toEqual([]);
    expect(stepsEndOnce(cutBy(1), new Map()).join()).toMatch(/nobody started/);
  });

  it('a cut of an attempt whose body never began is none', () => {
    const taken = cutBy(process.pid);
    const first = run.history[indexOf('step_started')]!.correlationId;
    const effects = run.effects.filter(({ stepId }) => stepId !== first);
    expect(stepsEndOnce(taken, lives)).toHaveLength(1);
    expect(stepsEndOnce({ ...taken, effects }, lives)).toEqual([]);
  });

  it.each<[string, () => RunEvidence, RegExp]>([
    [
      'another step',
      () => replaced('step_created', { correlationId: 'step_x_1' }),
      /Expected .*step_x_1|step_x_1/,
    ],
    ['another result', () => replaced('step_completed', { eventData: { output: '[1]' } }), /other arguments/],
    ['a result too many', () => inserted('step_completed'), /replaying/],
    ['a step too few', () => removed('step_created'), /./],
    [
      'an end too early',
      () => withHistory((events) => events.toSpliced(indexOf('wait_created'), 99, events.at(-1)!)),
      /./,
    ],
  ])('a replay tells %s', (_name, doctored, complaint) => {
    expect(replaysAsRecorded(run.history, programs)).toEqual([]);
    expect(replaysAsRecorded(doctored().history, programs).join('\n')).toMatch(complaint);
  });

  it('a replay without its program says so', () => {
    expect(replaysAsRecorded(run.history, new Map()).join()).toMatch(/is missing/);
  });
});

describe('with doctored effects', () => {
  it.each<[string, (effects: RunEvidence['effects']) => RunEvidence['effects'], RegExp]>([
    [
      'a body after the outcome',
      (all) => [...all, { ...all[0]!, attempt: 2 }],
      /which the history does not have/,
    ],
    ['a body twice', (all) => [...all, all[0]!], /ran attempt 1 after attempt 1/],
    ['a body in another process', (all) => all.with(0, { ...all[0]!, pid: 1 }), /ran in 1, not/],
    ['a completed step that never ran', (all) => all.slice(1), /is completed and never ran/],
  ])('%s', (_name, doctor, complaint) => {
    expect(bodiesAreAttempts(run)).toEqual([]);
    expect(bodiesAreAttempts({ ...run, effects: doctor(run.effects) }).join('\n')).toMatch(complaint);
  });

  it('a worker that ended by itself or complained', () => {
    const bad = { ...life, end: 'by itself', complaints: ['perdure: no'] } as const;
    expect(workersAreQuiet({ lives: [{ ...bad, complaints: [...bad.complaints] }] })).toHaveLength(2);
  });
});

describe('with doctored files', () => {
  const read = (): string => readFileSync(join(dataDir, 'runs', 'ended', `${run.runId}.jsonl`), 'utf8');

  it.each<[string, (text: string) => string, RegExp]>([
    [
      'a changed byte',
      (text) => text.replace('"createdAt":1', '"createdAt":2'),
      /checksum that does not fit/,
    ],
    ['a torn line', (text) => text.slice(0, -5), /without an end/],
    ['a line too few', (text) => text.replace(/\n.*\n/, '\n'), /version 3, expected 2/],
    [
      'half an append',
      (text) =>
        `${text
          .split('\n')
          .slice(0, text.split('\n').findIndex((line) => !line.includes('"wake"')) + 1)
          .join('\n')}\n`,
      /without its end/,
    ],
    ['a line of another run', (text) => text, /checksum that does not fit/],
  ])('%s', (name, doctor, complaint) => {
    expect(linesAreIntact(run.runId, read())).toEqual([]);
    const runId = name === 'a line of another run' ? `${run.runId}x` : run.runId;
    expect(linesAreIntact(runId, doctor(read())).join('\n')).toMatch(complaint);
  });

  it('what was left over', () => {
    writeFileSync(join(dataDir, 'runs', 'active', 'wrun_x.jsonl'), '');
    writeFileSync(join(dataDir, 'inbox', 'message.json'), '');
    expect(directoryIsInOrder(dataDir)).toEqual([
      'wrun_x.jsonl is among the active runs',
      'nobody took the message message.json',
    ]);
  });
});
