/** What steps do on the host: take a while by the seed, fail as planned, and leave a trace. */
import { setImmediate as macrotask, setTimeout as pause } from 'node:timers/promises';
import { FatalError, getStepMetadata, getWorkflowMetadata, RetryableError, setAttributes } from 'perdure';
import { mix } from '../../chaos/src/plan.ts';
import type { Random } from '../../chaos/src/random.ts';
import type { StepPlan } from './sketch.ts';

/** What a body does beside taking its time: `listen` waits for its signal, `abort` and `mark` tell the run something. */
export type Call = 'run' | 'decrement' | 'listen' | 'abort' | 'mark';

export interface BodyPlan extends StepPlan {
  readonly call: Call;
  /** How long a `listen` waits for its signal, in milliseconds. */
  readonly patience: number;
}

/** A body that began. */
export interface Trace {
  readonly runId: string;
  readonly stepId: string;
  readonly attempt: number;
}

export class Bodies {
  readonly traces: Trace[] = [];
  readonly #random: Random;
  /** Failures so far, by step. */
  readonly #failures = new Map<string, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  async play(plan: BodyPlan, v: number, more: readonly unknown[]): Promise<number> {
    const { stepId, attempt } = getStepMetadata();
    this.traces.push({ runId: getWorkflowMetadata().workflowRunId, stepId, attempt });
    if (plan.call === 'listen') return this.#listen(plan, v, more[0] as AbortSignal);
    await this.#takeTime();
    if (plan.call === 'abort') (more[0] as AbortController).abort('told');
    if (plan.call === 'mark') await setAttributes({ [`m${plan.site}`]: String(v % 1_000) });
    const failures = this.#failures.get(stepId) ?? 0;
    if (plan.failures === 'always' || failures < plan.failures) {
      this.#failures.set(stepId, failures + 1);
      throw errorOf(plan);
    }
    return plan.call === 'decrement' ? v - 1 : mix(v, plan.site);
  }

  async #listen({ site, patience }: BodyPlan, v: number, signal: AbortSignal): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
    const timer = setTimeout(resolve, patience);
    await promise;
    clearTimeout(timer);
    return mix(v, signal.aborted ? site : site + 1);
  }

  /** Nothing, some turns of the event loop, or milliseconds: what completes first differs from seed to seed. */
  async #takeTime(): Promise<void> {
    const form = this.#random.between(0, 9);
    if (form < 4) return;
    if (form < 9) for (let turns = this.#random.between(1, 6); turns > 0; turns -= 1) await macrotask();
    else await pause(this.#random.between(1, 4));
  }
}

function errorOf({ how, site }: StepPlan): Error {
  if (how === 'fatal') return new FatalError(`e${site}`);
  return how === 'retryable' ? new RetryableError(`e${site}`, { retryAfter: 2 }) : new Error(`e${site}`);
}
