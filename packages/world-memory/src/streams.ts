import {
  type Payload,
  type StreamInfo,
  type StreamPage,
  type StreamRange,
  type Streams,
  worldErrors,
} from '@perdure/world';
import { checkChunks, checkStreamName, isPageFull, StreamWatchers, streamRangeOf } from '@perdure/world/live';
import type { Histories } from './histories.ts';

interface Stream {
  readonly chunks: Payload[];
  closed: boolean;
}

/** The streams of a memory world, every chunk held. */
export class MemoryStreams implements Streams {
  readonly #streams = new Map<string, Map<string, Stream>>();
  readonly #watchers = new StreamWatchers();
  readonly #histories: Histories;
  readonly #open: () => void;

  constructor(histories: Histories, open: () => void) {
    this.#histories = histories;
    this.#open = open;
  }

  async append(runId: string, name: string, chunks: readonly Payload[]): Promise<{ tail: number }> {
    this.#check(runId, name);
    checkChunks(chunks);
    const known = this.#find(runId, name);
    if (known?.closed) throw worldErrors.streamClosed(runId, name);
    if (chunks.length === 0) return { tail: known?.chunks.length ?? 0 };
    const stream = known ?? this.#make(runId, name);
    for (const chunk of chunks) stream.chunks.push(copyOf(chunk));
    this.#watchers.emit(keyOf(runId, name));
    return { tail: stream.chunks.length };
  }

  async close(runId: string, name: string): Promise<void> {
    this.#check(runId, name);
    const stream = this.#find(runId, name) ?? this.#make(runId, name);
    if (stream.closed) return;
    stream.closed = true;
    this.#watchers.emit(keyOf(runId, name));
  }

  async read(runId: string, name: string, range: StreamRange): Promise<StreamPage> {
    this.#check(runId, name);
    const { chunks, closed } = this.#find(runId, name) ?? { chunks: [], closed: false };
    const { from, to } = streamRangeOf(range, chunks.length);
    const page: { index: number; data: Payload }[] = [];
    for (let index = from, bytes = 0; index < to && !isPageFull(bytes); index += 1) {
      const data = copyOf(chunks[index]!);
      page.push({ index, data });
      bytes += data.length;
    }
    return { chunks: page, tail: chunks.length, closed };
  }

  async info(runId: string, name: string): Promise<StreamInfo | undefined> {
    this.#check(runId, name);
    const stream = this.#find(runId, name);
    return stream && { tail: stream.chunks.length, closed: stream.closed };
  }

  async list(runId: string): Promise<(StreamInfo & { readonly name: string })[]> {
    this.#open();
    this.#found(runId);
    const streams = [...(this.#streams.get(runId) ?? [])].sort(([left], [right]) => (left < right ? -1 : 1));
    return streams.map(([name, { chunks, closed }]) => ({ name, tail: chunks.length, closed }));
  }

  watch(runId: string, name: string, listener: () => void): () => void {
    this.#open();
    checkStreamName(name);
    return this.#watchers.watch(keyOf(runId, name), listener);
  }

  clear(): void {
    this.#streams.clear();
    this.#watchers.clear();
  }

  #check(runId: string, name: string): void {
    this.#open();
    checkStreamName(name);
    this.#found(runId);
  }

  #found(runId: string): void {
    if (!this.#histories.find(runId)) throw worldErrors.runNotFound(runId);
  }

  #find(runId: string, name: string): Stream | undefined {
    return this.#streams.get(runId)?.get(name);
  }

  #make(runId: string, name: string): Stream {
    const streams = this.#streams.get(runId) ?? new Map<string, Stream>();
    this.#streams.set(runId, streams);
    const stream: Stream = { chunks: [], closed: false };
    streams.set(name, stream);
    return stream;
  }
}

/** No run id holds a slash. */
function keyOf(runId: string, name: string): string {
  return `${runId}/${name}`;
}

/** Not `slice`: a Buffer's slice shares its memory. */
function copyOf(chunk: Payload): Payload {
  return typeof chunk === 'string' ? chunk : new Uint8Array(chunk);
}
