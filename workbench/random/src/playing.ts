/** Plays an edition once: all its sketches at the same time, on one world, while processes crash. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Counters, createRuntime, type Runtime } from '@perdure/core';
import { type Event, type EventOf, isEnded, type World } from '@perdure/world';
import { createRandom, type Random } from '../../chaos/src/random.ts';
import { Bodies, type Trace } from './bodies.ts';
import type { Edition } from './edition.ts';
import { type Ground, openGround, type PostgresUrl, type WorldName } from './ground.ts';
import { inputOf } from './opened.ts';
import { Outside } from './outside.ts';
import type { Sketch } from './sketch.ts';
import { type Tether, tether } from './tether.ts';

export interface Setting {
  readonly world: WorldName;
  /** `resident` keeps Executions between turns, `dropped` drops them after every one. */
  readonly residency: 'resident' | 'dropped';
  /** How many processes end on the way. */
  readonly crashes: number;
}

export interface PlayedRun {
  readonly runId: string;
  readonly sketch: Sketch;
  /** What it was started with. */
  readonly start: number;
  readonly history: readonly Event[];
  /** Bodies of its steps that began. */
  readonly traces: readonly Trace[];
  /** Ids of payloads that its hooks were sent, once per acknowledgement. */
  readonly acknowledged: readonly string[];
  readonly cancelled: 'asked' | 'no';
}

export interface Playing {
  readonly setting: Setting;
  readonly runs: readonly PlayedRun[];
  /** What processes and senders complained about. */
  readonly troubles: readonly string[];
  readonly crashes: number;
  readonly counters: Counters;
  readonly programs: ReadonlyMap<string, string>;
}

export interface PlayOptions {
  readonly setting: Setting;
  readonly seed: number;
  /** Without an append for so long, runs that have not ended never will. */
  readonly stuckMs: number;
  /** Puts something between the world and everybody. */
  readonly disguise?: (world: World) => World;
  /** Where the world on Postgres is. */
  readonly postgres?: PostgresUrl;
}

export async function play(edition: Edition, options: PlayOptions): Promise<Playing> {
  const { setting, disguise = (world) => world, postgres } = options;
  const ground = await openGround(setting.world, postgres);
  const theatre = new Theatre(edition, { ...ground, world: () => disguise(ground.world()) }, options);
  try {
    return await theatre.play();
  } finally {
    await theatre.close();
    await ground.close();
  }
}

interface Process {
  readonly tether: Tether;
  readonly runtime: Runtime;
}

/** Between two looks whether all runs have ended. */
const lookMs = 8;
/** Recorded per sketch, on average: no sketch has so much to do, so some run goes on for ever. */
const eventsMostEach = 500;

class Theatre {
  readonly #edition: Edition;
  readonly #ground: Ground;
  /** As somebody outside has it. */
  readonly #world: World;
  readonly #options: PlayOptions;
  readonly #random: Random;
  readonly #troubles: string[] = [];
  readonly #processes: Process[] = [];
  readonly #sender: Runtime;
  readonly #outside: Outside;
  readonly #bodies: Bodies;
  readonly #slots: number;
  readonly #places: number;
  readonly #workers: number;
  readonly #hints: 'all' | 'half';
  readonly #drivers: 'one' | 'many';
  /** Looks since something was written. */
  #looks = 0;
  #events = 0;
  /** Processes that end on the way. */
  #doomed = 0;

  constructor(edition: Edition, ground: Ground, options: PlayOptions) {
    const world = ground.world();
    this.#edition = edition;
    this.#ground = ground;
    this.#world = world;
    this.#options = options;
    this.#random = createRandom(options.seed);
    this.#slots = this.#random.pick([256, 256, 3, 1]);
    this.#places = this.#random.pick([256, 256, 5]);
    const workers = this.#random.pick([1, 1, 2]);
    this.#workers = options.setting.world === 'postgres' ? 2 : workers;
    this.#hints = this.#random.pick(['all', 'all', 'half']);
    this.#drivers = this.#random.pick(['one', 'many']);
    this.#bodies = new Bodies(this.#random);
    edition.give(this.#bodies);
    this.#sender = createRuntime({
      world,
      worker: 'off',
      program: edition.program,
      report: this.#report,
      env: {},
    });
    const sketchOf = async (runId: string): Promise<Sketch | undefined> => {
      const run = await world.runs.get(runId);
      return run && edition.byWorkflow.get(run.workflowName);
    };
    this.#outside = new Outside({ runtime: this.#sender, random: this.#random, sketchOf });
  }

  readonly #report = (problem: string, error: unknown): void => {
    this.#troubles.push(`${problem}: ${error}`);
  };

  async play(): Promise<Playing> {
    const { setting } = this.#options;
    for (let worker = 0; worker < this.#workers; worker += 1) this.#enter();
    for (const sketch of this.#edition.sketches) {
      // A process that may die could take the answer to `start` with it.
      const { runtime } = setting.crashes > 0 ? { runtime: this.#sender } : this.#processes[0]!;
      await runtime.start(this.#edition.workflowOf(sketch), [sketch.start, sketch.name]);
    }
    await this.#allEnded();
    await this.#outside.quiet();
    return {
      setting,
      runs: await this.#runs(),
      troubles: [...this.#troubles, ...this.#outside.troubles],
      crashes: this.#processes.length - this.#workers,
      counters: this.#counters(),
      programs: new Map([[this.#edition.program.hash, this.#edition.program.code]]),
    };
  }

  async close(): Promise<void> {
    for (const { tether } of this.#processes) tether.bury();
    const runtimes = [this.#sender, ...this.#processes.map(({ runtime }) => runtime)];
    await Promise.all(runtimes.map((runtime) => runtime.close({ graceMs: 0 })));
  }

  /** A new process takes over. */
  #enter(): void {
    const { setting } = this.#options;
    const random = this.#random;
    const crashes = this.#doomed < setting.crashes;
    if (crashes) this.#doomed += 1;
    const each = Math.ceil((12 * this.#edition.sketches.length) / Math.max(1, setting.crashes));
    const crashAt = crashes ? random.between(1, each) : 0;
    const point = random.pick(['before', 'unacknowledged', 'after', 'stopped'] as const);
    const process: Tether = tether(this.#ground.world(), {
      drivers: this.#drivers,
      crashAt,
      point,
      onEnd: (how) => {
        if (how === 'leaving') void runtime.close({ graceMs: random.pick([0, 1, 10]) }).then(process.retire);
        this.#enter();
      },
      hears: () => this.#hints === 'all' || random.chance(0.5),
      onTrouble: (problem) => this.#troubles.push(problem),
      onAppended: (events) => {
        this.#looks = 0;
        this.#events += events.length;
        this.#outside.note(events);
      },
    });
    const runtime = createRuntime({
      world: process.world,
      program: this.#edition.program,
      maxConcurrentSteps: this.#slots,
      maxConcurrentRuns: this.#places,
      // Hints only make things quick: without them, polling and heartbeats find what there is to do.
      ...(this.#hints === 'half' ? { pollMs: 20, leaseMs: 1_500 } : {}),
      report: this.#report,
      log: () => undefined,
      env: {},
      ...(setting.residency === 'dropped' ? { maxResidentExecutions: 0 } : {}),
    });
    this.#processes.push({ tether: process, runtime });
  }

  async #allEnded(): Promise<void> {
    // Counted in looks, not in time: a machine that stands still is no run that does.
    const eventsMost = eventsMostEach * this.#edition.sketches.length;
    for (; this.#looks * lookMs < this.#options.stuckMs && this.#events < eventsMost; this.#looks += 1) {
      const { runs } = await this.#world.runs.list({ limit: 10_000 });
      if (runs.every(({ status }) => isEnded(status))) return;
      await pause(lookMs);
    }
  }

  async #runs(): Promise<PlayedRun[]> {
    const { runs } = await this.#world.runs.list({ limit: 10_000 });
    return Promise.all(
      runs.map(async ({ runId, workflowName }) => {
        const history = await this.#world.runs.history(runId);
        const sent = this.#outside.acknowledged.filter((one) => one.runId === runId);
        return {
          runId,
          sketch: this.#edition.byWorkflow.get(workflowName)!,
          start: inputOf(history[0] as EventOf<'run_created'>)[0],
          history,
          traces: this.#bodies.traces.filter((trace) => trace.runId === runId),
          acknowledged: sent.map(({ id }) => id),
          cancelled: this.#outside.cancelled.has(runId) ? 'asked' : 'no',
        };
      }),
    );
  }

  #counters(): Counters {
    const all = this.#processes.map(({ runtime }) => runtime.counters);
    const sum = (key: keyof Counters): number => all.reduce((total, one) => total + one[key], 0);
    return {
      hydrations: sum('hydrations'),
      hydrationHits: sum('hydrationHits'),
      turns: sum('turns'),
      replays: sum('replays'),
    };
  }
}
