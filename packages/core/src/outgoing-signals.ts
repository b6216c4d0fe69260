/**
 * Signals and controllers of this process that a run was given, for as long as the process lives: their aborts reach
 * the run, and what the run does with a controller comes back.
 */
import { createHash } from 'node:crypto';
import { WorldError } from '@perdure/world';
import type { Engine } from './engine.ts';
import { openPayload } from './open-payload.ts';
import { sendAbort } from './outside-events.ts';

const lookMs = 500;

interface Given {
  readonly id: string;
  /** Whether the run was told with the signal itself. */
  readonly known: 'aborted' | 'live';
  readonly controller: AbortController | undefined;
}

type Means = Pick<Engine, 'world' | 'envelope' | 'clock' | 'client' | 'report'>;

export class OutgoingSignals {
  readonly #runId: string;
  readonly #prefix: string;
  readonly #given = new Map<AbortSignal, Given>();

  /** `prefix` tells what is given here from what the run is given elsewhere. */
  constructor(runId: string, prefix: string) {
    this.#runId = runId;
    this.#prefix = prefix;
  }

  /** The id by which the run knows a signal; the same one for the controller it is of. */
  publish(signal: AbortSignal, controller: AbortController | undefined): string {
    const known = this.#given.get(signal);
    const id = known?.id ?? this.#idOf(this.#given.size);
    const given = {
      id,
      known: signal.aborted ? 'aborted' : 'live',
      controller: known?.controller ?? controller,
    } as const;
    this.#given.set(signal, known ? { ...given, known: known.known } : given);
    return id;
  }

  #idOf(number: number): string {
    const base = this.#runId.slice(this.#runId.lastIndexOf('_') + 1);
    const name = createHash('sha256').update(`${this.#prefix} ${number}`).digest('hex').slice(0, 16);
    return `abrt_${base}_${name}`;
  }

  /** Passes aborts on in both directions, until the run ends or `stopping` aborts. */
  follow(means: Means, stopping: AbortSignal): void {
    const live = [...this.#given].filter(([, { known }]) => known === 'live');
    if (live.length === 0) return;
    const ended = new AbortController();
    const over = AbortSignal.any([stopping, ended.signal]);
    const unwatch = means.world.runs.watch(({ runId, kind }) => {
      if (kind === 'ended' && runId === this.#runId) ended.abort();
    });
    over.addEventListener('abort', unwatch, { once: true });
    for (const [signal, { id, controller }] of live) {
      const tell = (): void => void this.#tell(means, id, signal.reason);
      if (signal.aborted) tell();
      else signal.addEventListener('abort', tell, { once: true, signal: over });
      if (controller) this.#watch(means, { id, controller, over });
    }
  }

  async #tell(means: Means, correlationId: string, reason: unknown): Promise<void> {
    try {
      await sendAbort(means, this.#runId, { correlationId, reason });
    } catch (error) {
      if (!isOver(error)) means.report(`run ${this.#runId} could not be told of an abort`, error);
    }
  }

  /** Looks for what the run did with a controller: nothing hints at it outside of the process that drives the run. */
  #watch(
    means: Means,
    { id, controller, over }: { id: string; controller: AbortController; over: AbortSignal },
  ): void {
    let seen = 0;
    let looking = Promise.resolve();
    const look = async (): Promise<void> => {
      if (controller.signal.aborted) return;
      for (const event of await means.world.runs.history(this.#runId, { after: seen })) {
        seen = event.version;
        if (event.eventType !== 'abort_requested' || event.correlationId !== id) continue;
        const place = { runId: this.#runId, place: `${id}/reason` };
        controller.abort(await openPayload(means, event.eventData.reason, place));
      }
    };
    const lookNext = (): void => {
      looking = looking.then(look).catch((error: unknown) => {
        if (!isOver(error)) means.report('an abort could not be read', error);
      });
    };
    const timer = setInterval(lookNext, lookMs);
    timer.unref();
    controller.signal.addEventListener('abort', () => clearInterval(timer), { once: true, signal: over });
    over.addEventListener(
      'abort',
      () => {
        clearInterval(timer);
        // What it did last may be the end of what it did.
        lookNext();
      },
      { once: true },
    );
  }
}

/** The run, or this process's part in it, is over. */
function isOver(error: unknown): boolean {
  return WorldError.is(error) && (error.code === 'RUN_NOT_FOUND' || error.code === 'WORLD_CLOSED');
}
