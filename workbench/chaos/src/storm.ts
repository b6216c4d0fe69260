/** Kills workers again and again while runs go on, lets them finish, and gathers the evidence. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type EventOf, fold } from '@perdure/world';
import { type Blow, blowsOf } from './blows.ts';
import type { Evidence, RunEvidence } from './evidence.ts';
import { type Ground, openGround } from './ground.ts';
import { planOf } from './plan.ts';
import { createRandom, type Random } from './random.ts';
import { Sender } from './sender.ts';
import { Sightings } from './sightings.ts';
import { readEffects } from './witness.ts';
import { type Life, WorkerProcess } from './worker-process.ts';

export interface StormOptions {
  /** A name or module that `createWorld` knows. */
  readonly world: string;
  readonly seed: number;
  readonly kills: number;
  /** At least so many; another one is started whenever none is left to be hit. */
  readonly runs: number;
  readonly stepsPerRun: number;
  /** Worker processes at one time. */
  readonly workers: number;
  /** Of so many kills one comes after a stop for longer than the lease. Default 15. */
  readonly stopEvery?: number;
  /** How much breaks beneath the workers. Default 0. */
  readonly breaks?: number;
  /** How long claims hold. Default: as short as the store can bear. */
  readonly leaseMs?: number;
  /** Told after each kill. */
  readonly onKill?: (kills: number) => void;
}

/** A run that has not ended so long after the last blow will not. */
const finishMs = 60_000;
/** What is to break needs traffic; a run that stands still brings none, and keeps others from being started. */
const breakMs = 180_000;

export async function storm(options: StormOptions): Promise<Evidence> {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-chaos-'));
  try {
    const { world, seed, breaks = 0, leaseMs } = options;
    const play = new Storm(options, directory, await openGround(world, { seed, breaks, directory, leaseMs }));
    try {
      await play.rage();
      await play.calm();
      return await play.evidence();
    } finally {
      await play.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

class Storm {
  readonly #options: StormOptions;
  readonly #effects: string;
  readonly #ground: Ground;
  readonly #random: Random;
  readonly #sender: Sender;
  readonly #sightings: Sightings;
  readonly #lives: Life[] = [];
  #crew: WorkerProcess[] = [];
  #plans = 0;
  readonly #troubles: string[] = [];

  constructor(options: StormOptions, directory: string, ground: Ground) {
    this.#options = options;
    this.#effects = join(directory, 'effects.txt');
    this.#ground = ground;
    this.#random = createRandom(options.seed + 1);
    this.#sender = new Sender(ground.world, createRandom(options.seed + 2));
    this.#sightings = new Sightings(ground.world, ground.files);
  }

  async rage(): Promise<void> {
    const { seed, kills, workers, stopEvery = 15, onKill } = this.#options;
    const { leaseMs } = this.#ground;
    for (let i = 0; i < workers; i += 1) this.#hire();
    for (const [index, blow] of blowsOf({ seed, kills, leaseMs, stopEvery }).entries()) {
      this.#startRuns(index);
      await Promise.all([this.#strike(blow), this.#ground.breakUpTo((index + 1) / kills)]);
      await this.#look();
      onKill?.(index + 1);
      // Trouble is what this looks for: more of it says nothing more.
      if (this.#sender.troubles.length > 0) return;
    }
    this.#startRuns(kills);
    const bound = performance.now() + breakMs;
    while (!(await this.#ground.breakUpTo(1))) {
      if (!this.#sender.busy) this.#startRun();
      if (performance.now() < bound) continue;
      this.#troubles.push(`not everything broke that was to, ${breakMs / 1_000} s after the last kill`);
      return;
    }
  }

  /** No more kills: everything must end now. */
  async calm(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, finishMs);
    });
    await Promise.race([this.#sender.allEnded(), bound]);
    clearTimeout(timer);
    await Promise.all(this.#crew.map((worker) => worker.close()));
  }

  async evidence(): Promise<Evidence> {
    const effects = Map.groupBy(readEffects(this.#effects), ({ runId }) => runId);
    const runs: RunEvidence[] = [];
    const programs = new Map<string, string>();
    const { world } = this.#ground;
    const strayed: string[] = [];
    for (const { runId, plan, answer, acknowledged } of this.#sender.runs) {
      const seen = this.#sightings.of(runId);
      await this.#sightings.look([runId]);
      const history = this.#sightings.of(runId);
      runs.push({ runId, plan, history, answer, acknowledged, seen, effects: effects.get(runId) ?? [] });
      const created = history[0] as EventOf<'run_created'> | undefined;
      const code = created && (await world.programs.get(created.eventData.program));
      const told = await world.runs.get(runId);
      if (!isDeepStrictEqual(plain(told), plain(fold(history)?.run))) {
        strayed.push(`${runId} is stored as ${JSON.stringify(told)}, which its history does not say`);
      }
      if (code !== undefined) programs.set(created!.eventData.program, code);
    }
    const known = new Set(runs.map(({ runId }) => runId));
    const { runs: listed } = await world.runs.list({ limit: 10_000 });
    const strangers = listed.filter(({ runId }) => !known.has(runId));
    await this.#sender.close();
    await world.close();
    const asked = [...this.#sender.troubles, ...this.#troubles];
    const troubles = [...asked, ...strangers.map(({ runId }) => `nobody started ${runId}`)];
    const storeProblems = [...this.#sightings.problems, ...strayed, ...this.#ground.problems()];
    const { broken } = this.#ground;
    return { runs, lives: this.#lives, programs, troubles, storeProblems, broken };
  }

  async close(): Promise<void> {
    await Promise.all(this.#crew.map((worker) => worker.kill()));
    await this.#sender.close();
    await this.#ground.close();
  }

  #hire(): WorkerProcess {
    const { env, leaseMs } = this.#ground;
    const worker = new WorkerProcess({ env, effects: this.#effects, leaseMs });
    this.#crew.push(worker);
    this.#lives.push(worker.life);
    return worker;
  }

  /** Spreads the starts over the first four fifths of the kills. */
  #startRuns(killed: number): void {
    const { runs, kills } = this.#options;
    const due = Math.min(runs, Math.ceil(((killed + 1) * runs) / (kills * 0.8)));
    while (this.#plans < due || (!this.#sender.busy && killed < kills)) this.#startRun();
  }

  #startRun(): void {
    const { seed, stepsPerRun } = this.#options;
    this.#plans += 1;
    this.#sender.play(planOf(`run ${this.#plans}`, seed * 1_000 + this.#plans, stepsPerRun));
  }

  async #strike(blow: Blow): Promise<void> {
    const victim = this.#random.pick(this.#crew);
    if (blow.kind === 'kill') {
      if (blow.from === 'ready') await victim.ready;
      await passing(blow.afterMs);
      await victim.kill();
      this.#hire();
    } else {
      await victim.ready;
      await passing(blow.afterMs);
      victim.stop();
      const { claims, leaseMs } = this.#ground;
      // It was renewed some time before the stop.
      if (claims === 'lease') victim.life.replaceableFrom = Date.now() + leaseMs / 2;
      const heir = this.#hire();
      await heir.ready;
      await passing(blow.stopMs);
      victim.goOn();
      await passing(blow.thenMs);
      await victim.kill();
    }
    this.#crew = this.#crew.filter((worker) => worker !== victim);
  }

  #look(): Promise<void> {
    const going = this.#sender.runs.filter(({ ended }) => !ended);
    return this.#sightings.look(going.map(({ runId }) => runId));
  }
}

/** Lets the workers work: the only thing that a time decides here is when they are hit. */
function passing(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Without what is undefined. */
function plain(value: unknown): unknown {
  return value && JSON.parse(JSON.stringify(value));
}
