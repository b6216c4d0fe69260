/**
 * The outside: starts runs and sends payloads while workers die, and remembers what it was told is durable.
 *
 * Has a world of its own that never drives runs. Payloads of one hook are sent in order, each until it is
 * acknowledged, and some a second time with the same id.
 */
import { createRuntime, type Runtime, type World } from 'perdure/runtime';
import type { Acknowledged } from './evidence.ts';
import { type HookPart, hooksOf, type Plan, payloadsOf } from './plan.ts';
import type { Random } from './random.ts';
import { journey } from './workflows.ts';

/** How often a hook that is not there yet is looked for. */
const lookMs = 15;

export interface StartedRun {
  readonly runId: string;
  readonly plan: Plan;
  readonly acknowledged: Acknowledged[];
  answer: number | undefined;
  ended: boolean;
}

export class Sender {
  readonly runs: StartedRun[] = [];
  readonly troubles: string[] = [];
  readonly #runtime: Runtime;
  readonly #random: Random;
  readonly #playing = new Set<Promise<void>>();
  #stopped = false;

  constructor(world: World, random: Random) {
    this.#random = random;
    const report = (problem: string, error: unknown): void => {
      this.troubles.push(`${problem}: ${error}`);
    };
    this.#runtime = createRuntime({ world, worker: 'off', report });
  }

  /** Whether a run is on its way or its start is. */
  get busy(): boolean {
    return this.#playing.size > 0;
  }

  /** Starts a run and sends it what it waits for, without anybody waiting for that. */
  play(plan: Plan): void {
    const playing = this.#play(plan)
      .catch((error: unknown) => {
        this.troubles.push(`${plan.name}: ${error}`);
      })
      .finally(() => this.#playing.delete(playing));
    this.#playing.add(playing);
  }

  async allEnded(): Promise<void> {
    await Promise.all(this.#playing);
  }

  /** Gives up what has not ended. */
  async close(): Promise<void> {
    this.#stopped = true;
    await this.#runtime.close();
  }

  async #play(plan: Plan): Promise<void> {
    const handle = await this.#runtime.start(journey, [plan]);
    const run: StartedRun = { runId: handle.runId, plan, acknowledged: [], answer: undefined, ended: false };
    this.runs.push(run);
    const feeding = Promise.all(hooksOf(plan.parts).map((hook) => this.#feed(run, hook)));
    try {
      run.answer = await handle.returnValue;
    } finally {
      run.ended = true;
    }
    await feeding;
  }

  async #feed(run: StartedRun, hook: HookPart): Promise<void> {
    for (const payload of payloadsOf(hook)) {
      await this.#send(run, hook, payload);
      if (this.#random.chance(0.2)) await this.#send(run, hook, payload);
    }
  }

  /** Until it is acknowledged, or the run is over. */
  async #send(run: StartedRun, { token }: HookPart, payload: number): Promise<void> {
    const id = `${token} ${payload}`;
    const key = `id_${Buffer.from(id).toString('base64url')}`;
    while (!run.ended && !this.#stopped) {
      try {
        await this.#runtime.resumeHook(token, payload, { id });
        run.acknowledged.push({ token, key, payload });
        return;
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'HOOK_NOT_FOUND') this.troubles.push(`${id}: ${error}`);
        // Sent before: the hook has had all it waited for and is gone.
        else if (run.acknowledged.some((one) => one.key === key)) return;
      }
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  }
}
