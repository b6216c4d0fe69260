/**
 * Streams among the arguments of a run, or in a payload for its hook: they become streams of the run, and this process
 * carries their chunks until they end.
 *
 * They are touched only once the run is there: a start that fails leaves them as they were. What a source throws is
 * written as the stream's failure, which its readers get instead of an end.
 */

import { streamInUse } from './channel-messages.ts';
import type { Client } from './client.ts';
import { OutgoingSignals } from './outgoing-signals.ts';
import { hostCodec } from './payload/host-codec.ts';
import type { Publisher } from './payload/publishing.ts';
import { StreamFailure } from './payload/stream-failure.ts';
import { notePlace, type StreamPlace } from './stream-place.ts';

type Ends = Pick<Client, 'readable' | 'writable'>;

export class OutgoingStreams implements Publisher {
  readonly #runId: string;
  readonly #prefix: string;
  readonly #readables = new Map<ReadableStream, StreamPlace>();
  readonly #writables = new Map<WritableStream, StreamPlace>();
  readonly signals: OutgoingSignals;

  /** `prefix` begins the names of the streams. */
  constructor(runId: string, prefix: string) {
    this.#runId = runId;
    this.#prefix = prefix;
    this.signals = new OutgoingSignals(runId, prefix);
  }

  publishSignal(signal: AbortSignal, controller: AbortController | undefined): string {
    return this.signals.publish(signal, controller);
  }

  publishReadable(stream: ReadableStream): StreamPlace {
    return this.#placed(this.#readables, stream);
  }

  publishWritable(stream: WritableStream): StreamPlace {
    return this.#placed(this.#writables, stream);
  }

  #placed<S extends ReadableStream | WritableStream>(known: Map<S, StreamPlace>, stream: S): StreamPlace {
    const place = known.get(stream);
    if (place) return place;
    if (stream.locked)
      throw streamInUse(stream instanceof ReadableStream ? 'ReadableStream' : 'WritableStream');
    const number = this.#readables.size + this.#writables.size + 1;
    const made = { runId: this.#runId, name: `${this.#prefix} ${number}` };
    known.set(stream, made);
    return made;
  }

  get size(): number {
    return this.#readables.size + this.#writables.size;
  }

  /** Carries chunks until every stream has ended, or until `signal` aborts; never throws. */
  async carry(
    ends: Ends,
    signal: AbortSignal,
    report: (problem: string, error: unknown) => void,
  ): Promise<void> {
    const into = Array.from(this.#readables, ([stream, place]) =>
      this.#into(stream, place, { ends, signal }),
    );
    const outOf = Array.from(this.#writables, ([stream, place]) => {
      notePlace(stream, place);
      return ends.readable(place).pipeTo(stream, { signal });
    });
    for (const result of await Promise.allSettled([...into, ...outOf])) {
      if (result.status === 'rejected' && !signal.aborted)
        report(`a stream of run ${this.#runId} broke off`, result.reason);
    }
  }

  async #into(
    stream: ReadableStream,
    place: StreamPlace,
    { ends, signal }: { readonly ends: Ends; readonly signal: AbortSignal },
  ): Promise<void> {
    notePlace(stream, place);
    const writable = ends.writable<unknown>(place);
    try {
      await stream.pipeTo(writable, { signal, preventAbort: true });
    } catch (error) {
      const writer = writable.getWriter();
      await writer.write(new StreamFailure(storable(error)));
      await writer.close();
    }
  }

  /** The run is another one, which has streams of its own: nobody reads these. */
  discard(reason: string): void {
    for (const stream of this.#readables.keys()) stream.cancel(reason).catch(() => undefined);
    for (const stream of this.#writables.keys()) stream.abort(reason).catch(() => undefined);
  }
}

/** What a source threw; what cannot be stored is replaced by the error that says so, as readers must hear of the end. */
function storable(error: unknown): unknown {
  try {
    hostCodec.stringify(error);
    return error;
  } catch (problem) {
    return problem;
  }
}
