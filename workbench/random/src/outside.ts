/** What happens to runs from outside: payloads for their hooks, in order and some twice, sleeps ended, cancellations. */
import { setImmediate as macrotask, setTimeout as pause } from 'node:timers/promises';
import { HookNotFoundError, type Runtime } from '@perdure/core';
import type { Event, EventOf } from '@perdure/world';
import type { Random } from '../../chaos/src/random.ts';
import { payloadAt, payloadsOf, type Sketch, statementsOf } from './sketch.ts';

/** A payload whose sender was told that it is durable. */
export interface Acknowledged {
  readonly runId: string;
  readonly id: string;
}

export interface OutsideOptions {
  readonly runtime: Runtime;
  readonly random: Random;
  sketchOf(runId: string): Promise<Sketch | undefined>;
}

export class Outside {
  readonly acknowledged: Acknowledged[] = [];
  readonly troubles: string[] = [];
  /** Runs that were cancelled from here. */
  readonly cancelled = new Set<string>();
  readonly #options: OutsideOptions;
  readonly #tokens = new Set<string>();
  readonly #working = new Set<Promise<void>>();

  constructor(options: OutsideOptions) {
    this.#options = options;
  }

  /** Reacts to what a run recorded. */
  note(events: readonly Event[]): void {
    for (const event of events) {
      if (event.eventType === 'hook_created' && !this.#tokens.has(event.eventData.token)) {
        this.#tokens.add(event.eventData.token);
        this.#work(() => this.#feed(event));
      }
    }
    for (const event of events) {
      if (event.eventType === 'wait_created' && event.eventData.resumeAt > event.createdAt + 1_000_000)
        this.#work(() => this.#wake(event));
    }
    const last = events.at(-1);
    if (last && !this.cancelled.has(last.runId)) this.#work(() => this.#cancel(last));
  }

  /** Resolves when nothing is on its way any more. */
  async quiet(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  #work(make: () => Promise<void>): void {
    const working = make()
      .catch((error: unknown) => {
        this.troubles.push(`outside: ${error}`);
      })
      .finally(() => this.#working.delete(working));
    this.#working.add(working);
  }

  async #cancel({ runId, version }: Event): Promise<void> {
    const sketch = await this.#options.sketchOf(runId);
    if (sketch?.cancelAt === undefined || version < sketch.cancelAt || this.cancelled.has(runId)) return;
    this.cancelled.add(runId);
    await this.#takeTime();
    await this.#options.runtime.getRun(runId).cancel();
  }

  async #wake({ runId, correlationId }: Event): Promise<void> {
    await this.#takeTime();
    await this.#options.runtime.getRun(runId).wakeUp({ correlationIds: [correlationId!] });
  }

  async #feed({ runId, eventData: { token } }: EventOf<'hook_created'>): Promise<void> {
    const sketch = await this.#options.sketchOf(runId);
    const site = Number(token.split(' ').at(-2));
    const hook = [...statementsOf(sketch!.body)].find((one) => one.kind === 'hook' && one.site === site);
    const count = hook?.kind === 'hook' ? payloadsOf(hook.uses) : 0;
    for (let i = 0; i < count; i += 1) {
      await this.#takeTime();
      const times = this.#options.random.chance(0.2) ? 2 : 1;
      for (let time = 0; time < times; time += 1) {
        if (!(await this.#send(token, `${token} ${i}`, payloadAt(site, i)))) return;
      }
    }
  }

  /** False when the hook is gone. */
  async #send(token: string, id: string, payload: number): Promise<boolean> {
    try {
      const { runId } = await this.#options.runtime.resumeHook(token, payload, { id });
      this.acknowledged.push({ runId, id });
      return true;
    } catch (error) {
      if (HookNotFoundError.is(error)) return false;
      throw error;
    }
  }

  async #takeTime(): Promise<void> {
    const { random } = this.#options;
    const form = random.between(0, 9);
    if (form < 3) return;
    if (form < 9) for (let turns = random.between(1, 12); turns > 0; turns -= 1) await macrotask();
    else await pause(random.between(1, 6));
  }
}
