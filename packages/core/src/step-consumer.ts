/**
 * Consumes recorded step outcomes: takes the bytes of an event, opens them, hands them to the guest to parse,
 * and remembers primitives, so that a later replay of the same event skips all of it.
 *
 * A hit takes the same position in the delivery order as a miss: both are one turn. Hook payloads, waits and
 * aborts pass through without being remembered.
 */
import type { Event, Payload } from '@perdure/world';
import type { HydrationCache } from './hydration-cache.ts';
import { checkSealed, type Envelope } from './payload/envelope.ts';
import type { Delivery, Sandbox } from './sandbox.ts';

/** Counts what the engine did; shared by everything that runs in one runtime. */
export interface Counters {
  /** Step outcomes opened and parsed. */
  hydrations: number;
  /** Step outcomes taken from the cache. */
  hydrationHits: number;
  /** Events that entered a guest. */
  turns: number;
  /** Executions built from an empty history. */
  replays: number;
}

export function createCounters(): Counters {
  return { hydrations: 0, hydrationHits: 0, turns: 0, replays: 0 };
}

export interface ConsumerOptions {
  readonly envelope: Envelope;
  readonly counters: Counters;
  /** Without a cache every replay hydrates every time and behaves the same. */
  readonly cache?: HydrationCache | undefined;
}

export class StepConsumer {
  readonly #envelope: Envelope;
  readonly #counters: Counters;
  readonly #cache: HydrationCache | undefined;
  /** Payload of the run's input: when it is sealed, so is everything. */
  #input: Payload | undefined;

  constructor(options: ConsumerOptions) {
    this.#envelope = options.envelope;
    this.#counters = options.counters;
    this.#cache = options.cache;
  }

  /** Delivers a step's outcome in one turn. Returns why it could not be hydrated, if so; throws `PayloadError`. */
  consume(sandbox: Sandbox, event: Event, payload: Payload, field: string): string | undefined {
    const { eventId, eventType: kind, correlationId: id = '', createdAt: time } = event;
    const cache = this.#cache;
    this.#counters.turns += 1;
    if (cache?.has(eventId)) {
      this.#counters.hydrationHits += 1;
      return sandbox.turn({ kind, id, value: cache.get(eventId), hasValue: true, time });
    }
    this.#counters.hydrations += 1;
    const text = this.open(payload, event.runId, `${id}/${field}`);
    const failure = sandbox.turn({ kind, id, text, hasValue: false, time });
    const hydrated = sandbox.hydrated();
    if (cache && failure === undefined && hydrated) cache.remember(eventId, hydrated.value);
    return failure;
  }

  /** Delivers any other event. */
  deliver(
    sandbox: Sandbox,
    event: Event,
    content: Omit<Delivery, 'kind' | 'id' | 'time'>,
  ): string | undefined {
    this.#counters.turns += 1;
    return sandbox.turn({
      kind: event.eventType,
      id: event.correlationId ?? '',
      time: event.createdAt,
      ...content,
    });
  }

  /** Called with the run's input before anything else of the run is opened. */
  expect(input: Payload): void {
    this.#input = input;
  }

  /** Throws `PayloadError` for what is not sealed in a run whose input is. */
  check(payload: Payload, place: string): void {
    if (this.#input !== undefined) checkSealed(payload, this.#input, place);
  }

  /** The text of a payload. Throws `PayloadError`. */
  open(payload: Payload, runId: string, place: string): string {
    this.check(payload, place);
    return this.#envelope.unwrap(payload, runId, place);
  }
}
