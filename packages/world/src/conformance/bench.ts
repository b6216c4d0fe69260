import assert from 'node:assert/strict';
import type { WorldErrorCode } from '../errors.ts';
import type { Event, SentEvent } from '../event.ts';
import type { Payload } from '../payload.ts';
import type { AppendOptions, AppendResult, Claim, Claimed, World } from '../world.ts';
import { type Draft, place, runCreated } from './events.ts';

/** What a store's own test file hands in for one test. */
export interface Subject {
  readonly world: World;
  /** Closes the world and opens the same data as a new process would; absent when nothing outlives the world. */
  readonly reopen?: () => Promise<World>;
  /** Removes what the test left behind; the world is closed by then. */
  readonly dispose?: () => Promise<void>;
}

export interface SubjectOptions {
  /** Milliseconds since the epoch; moved by the tests, never by real time. */
  readonly clock: () => number;
}

export const LEASE_MS = 10_000;
const START_MS = 1_700_000_000_000;

/** One world under test with a clock that stands still until it is told to move. */
export class Bench {
  now: number = START_MS;
  world: World;
  readonly #subject: Subject;

  private constructor(subject: Subject) {
    this.#subject = subject;
    this.world = subject.world;
  }

  static async open(make: (options: SubjectOptions) => Promise<Subject> | Subject): Promise<Bench> {
    let bench: Bench | undefined;
    const subject = await make({ clock: () => bench?.now ?? START_MS });
    bench = new Bench(subject);
    return bench;
  }

  async close(): Promise<void> {
    await this.world.close();
    await this.#subject.dispose?.();
  }

  /** Goes on with the same data in a new world where the store outlives one; false: it does not. */
  async reopen(): Promise<boolean> {
    if (!this.#subject.reopen) return false;
    this.world = await this.#subject.reopen();
    return true;
  }

  advance(ms: number): void {
    this.now += ms;
  }

  /** A new run, claimed by `worker_a` in the same write. */
  async start(runId: string, worker = 'worker_a'): Promise<Claim> {
    const { claim } = await this.world.runs.create(runCreated(runId, this.now), {
      claimFor: { worker, leaseMs: LEASE_MS },
    });
    assert.ok(claim, 'a run created with claimFor comes with a claim');
    return claim;
  }

  append(
    claim: Claim,
    after: number,
    drafts: readonly Draft[],
    options: Partial<AppendOptions> = {},
  ): Promise<AppendResult> {
    const events = place({ runId: claim.runId, after, createdAt: this.now }, drafts);
    return this.world.runs.append(claim, events, { after, wakeAt: null, ...options });
  }

  /** An append that must succeed. */
  async write(
    claim: Claim,
    after: number,
    drafts: readonly Draft[],
    options: Partial<AppendOptions> = {},
  ): Promise<number> {
    const result = await this.append(claim, after, drafts, options);
    assert.equal(result.kind, 'appended', JSON.stringify(result));
    return (result as { version: number }).version;
  }

  async claim(worker = 'worker_a', limit = 100): Promise<Claimed[]> {
    return (await this.world.runs.claim({ worker, leaseMs: LEASE_MS, limit })).claimed;
  }

  async claimedIds(worker = 'worker_a', limit = 100): Promise<string[]> {
    return (await this.claim(worker, limit)).map(({ claim }) => claim.runId);
  }

  async types(runId: string): Promise<string[]> {
    return (await this.world.runs.history(runId)).map((event: Event) => event.eventType);
  }
}

/** The call must throw a WorldError of this code; told by name, as callers tell it. */
export async function refuses(code: WorldErrorCode, call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error: { name?: unknown; code?: unknown; message?: unknown }) => {
    assert.deepEqual(
      { name: error.name, code: error.code },
      { name: 'WorldError', code },
      String(error.message),
    );
    return true;
  });
}

export function received(key: string, correlationId: string, payload: Payload = '"p"'): SentEvent {
  return { eventType: 'hook_received', key, correlationId, eventData: { payload } };
}

export function cancelled(key: string, reason?: string): SentEvent {
  return { eventType: 'run_cancelled', key, eventData: reason === undefined ? {} : { reason } };
}

export function resumed(key: string, program?: string): SentEvent {
  return { eventType: 'run_resumed', key, eventData: program === undefined ? {} : { program } };
}

/** Tests by their names; each gets a fresh world. */
export type Suite = Readonly<Record<string, (bench: Bench) => Promise<void>>>;

/** One test for each case of a table. */
export function each<C>(
  cases: readonly C[],
  name: (item: C) => string,
  body: (bench: Bench, item: C) => Promise<void>,
): Suite {
  return Object.fromEntries(cases.map((item) => [name(item), (bench: Bench) => body(bench, item)]));
}
