import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  isId,
  type Payload,
  type StreamInfo,
  type StreamPage,
  type StreamRange,
  type Streams,
  worldErrors,
} from '@perdure/world';
import { checkChunks, checkStreamName, type LiveRuns, streamRangeOf } from '@perdure/world/live';
import type { Counters } from './counters.ts';
import type { Driver } from './driver.ts';
import type { FollowedStreams } from './followed-streams.ts';
import type { Layout } from './layout.ts';
import type { StreamMessage, StreamTail } from './messages.ts';
import type { Outbox } from './outbox.ts';
import type { StreamFiles } from './stream-files.ts';
import type { StreamHints } from './stream-hints.ts';
import type { StreamLog } from './stream-log.ts';
import { streamNamesOf } from './stream-names.ts';
import type { StreamWriter } from './stream-writer.ts';

export interface LocalStreamsOptions {
  readonly layout: Layout;
  readonly live: LiveRuns;
  readonly driver: Driver;
  readonly outbox: Outbox;
  readonly files: StreamFiles;
  readonly writer: StreamWriter;
  readonly followed: FollowedStreams;
  readonly hints: StreamHints;
  readonly counters: Counters;
  /** Throws WORLD_CLOSED once the world is closed. */
  readonly open: () => void;
  /** Refuses data of a newer format, for calls that only read. */
  readonly checkFormat: () => void;
}

/**
 * The streams of a data directory.
 *
 * Where this process drives it writes them; where another does, what is written goes through the inbox, one request of
 * a stream at a time, so that chunks keep their order. Reads always go to the files.
 */
export class LocalStreams implements Streams {
  readonly #options: LocalStreamsOptions;
  /** The last request under way, by stream. */
  readonly #asked = new Map<string, Promise<StreamTail>>();

  constructor(options: LocalStreamsOptions) {
    this.#options = options;
  }

  async append(runId: string, name: string, chunks: readonly Payload[]): Promise<StreamTail> {
    this.#options.open();
    checkStreamName(name);
    checkChunks(chunks);
    return this.#write({ kind: 'append-stream', runId, name, chunks });
  }

  async close(runId: string, name: string): Promise<void> {
    this.#options.open();
    checkStreamName(name);
    await this.#write({ kind: 'close-stream', runId, name });
  }

  async read(runId: string, name: string, range: StreamRange): Promise<StreamPage> {
    this.#openToRead(runId, name);
    streamRangeOf(range, 0);
    const { counters } = this.#options;
    const page = this.#look(runId, name, (log, fd) => {
      const { tail, closed } = log;
      return { chunks: log.read(fd, streamRangeOf(range, tail), counters), tail, closed };
    });
    await this.#durable(runId, name);
    return page ?? { chunks: [], tail: 0, closed: false };
  }

  async info(runId: string, name: string): Promise<StreamInfo | undefined> {
    this.#openToRead(runId, name);
    const info = this.#infoOf(runId, name);
    await this.#durable(runId, name);
    return info;
  }

  async list(runId: string): Promise<(StreamInfo & { readonly name: string })[]> {
    this.#openToRead(runId, 'any');
    const streams: (StreamInfo & { readonly name: string })[] = [];
    for (const name of streamNamesOf(this.#options.layout, runId)) {
      const info = this.#infoOf(runId, name);
      if (info) streams.push({ name, ...info });
    }
    return streams;
  }

  watch(runId: string, name: string, listener: () => void): () => void {
    this.#options.open();
    checkStreamName(name);
    return this.#options.hints.watch(runId, name, listener);
  }

  /** Applies a request where this process drives. */
  async apply(message: StreamMessage): Promise<StreamTail> {
    const { runId, name } = message;
    checkStreamName(name);
    if (!isId(runId) || !this.#isRun(runId)) throw worldErrors.runNotFound(runId);
    const log = this.#put(message);
    if (!log) return { tail: 0 };
    const { tail } = log;
    const durable = this.#options.writer.durable(log.path);
    if (durable) await durable;
    this.#options.hints.emit(runId, name);
    return { tail };
  }

  #put(message: StreamMessage): StreamLog | undefined {
    const { runId, name } = message;
    const { writer } = this.#options;
    if (message.kind === 'close-stream') return writer.close(runId, name);
    checkChunks(message.chunks);
    return writer.append(runId, name, message.chunks, message.request);
  }

  #write(message: StreamMessage): Promise<StreamTail> {
    const { runId, name } = message;
    const key = `${runId}/${name}`;
    const before = this.#asked.get(key);
    if (!before && this.#options.driver.drive()) return this.apply(message);
    // Written down now: the caller may do with its bytes what it likes when this returns.
    const copy =
      message.kind === 'append-stream' ? { ...message, chunks: message.chunks.map(copyOf) } : message;
    const answer = before
      ? before.then(
          () => this.#ask(copy),
          () => this.#ask(copy),
        )
      : this.#ask(copy);
    this.#asked.set(key, answer);
    const done = () => {
      if (this.#asked.get(key) === answer) this.#asked.delete(key);
    };
    answer.then(done, done);
    return answer;
  }

  async #ask(message: StreamMessage): Promise<StreamTail> {
    this.#options.open();
    if (this.#options.driver.drive()) return this.apply(message);
    const request = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
    const asked = message.kind === 'append-stream' ? { ...message, request } : message;
    return (await this.#options.outbox.ask(asked)) as StreamTail;
  }

  #openToRead(runId: string, name: string): void {
    const { open, driver, checkFormat } = this.#options;
    open();
    checkStreamName(name);
    if (!driver.driving) checkFormat();
    if (!isId(runId) || !this.#isRun(runId)) throw worldErrors.runNotFound(runId);
  }

  #isRun(runId: string): boolean {
    const { live, layout } = this.#options;
    if (live.find(runId)) return true;
    const active = layout.activeFile(runId);
    // Active again: the run may end between the first two looks, and not be seen at either.
    return [active, layout.endedFile(runId), active].some((path) => existsSync(path));
  }

  #look<T>(runId: string, name: string, use: (log: StreamLog, fd: number) => T): T | undefined {
    const { driver, files, followed } = this.#options;
    if (!driver.driving) return followed.look(runId, name, use);
    const log = files.find(runId, name);
    return log && use(log, files.fdOf(log));
  }

  #infoOf(runId: string, name: string): StreamInfo | undefined {
    const info = this.#look(runId, name, ({ tail, closed }) => ({ tail, closed }));
    // A file without a whole frame: its first append was never acknowledged.
    return info && (info.tail > 0 || info.closed) ? info : undefined;
  }

  /** Nobody acts on what a power failure could still undo. */
  async #durable(runId: string, name: string): Promise<void> {
    const { writer, layout } = this.#options;
    await writer.durable(layout.streamFile(runId, name));
  }
}

/** Not `slice`: a Buffer's slice shares its memory. */
function copyOf(chunk: Payload): Payload {
  return typeof chunk === 'string' ? chunk : new Uint8Array(chunk);
}
