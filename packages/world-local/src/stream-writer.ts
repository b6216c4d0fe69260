import { ftruncateSync, lstatSync, writeSync, writevSync } from 'node:fs';
import { type Payload, WorldError, worldErrors } from '@perdure/world';
import type { Counters } from './counters.ts';
import type { Flusher } from './flusher.ts';
import { isMissing, type Layout } from './layout.ts';
import { STREAM_JOINED_BYTES } from './limits.ts';
import type { StreamFiles } from './stream-files.ts';
import { endFrame, type Frames, framesOf } from './stream-frames.ts';
import type { StreamLog } from './stream-log.ts';

export interface StreamWriterOptions {
  readonly layout: Layout;
  readonly streams: StreamFiles;
  readonly counters: Counters;
  /** Undefined: what the system holds is durable enough. */
  readonly flusher: Flusher | undefined;
  /** Makes removed directories and files again; false when another process drives the directory by now. */
  readonly restore: () => boolean;
}

/** Writes the streams of the directory that this process drives; a write that fails is cut off, and nothing has happened. */
export class StreamWriter {
  readonly #options: StreamWriterOptions;
  /** The sync that covers the last write of a stream's file. */
  readonly #syncs = new Map<string, Promise<void>>();

  constructor(options: StreamWriterOptions) {
    this.#options = options;
  }

  /** Adds chunks; `request` names what another process asked, which counts once. Throws STREAM_CLOSED. */
  append(runId: string, name: string, chunks: readonly Payload[], request?: Buffer): StreamLog | undefined {
    const known = this.#options.streams.find(runId, name);
    if (request && known?.isAnswered(request)) return known;
    if (known?.closed) throw worldErrors.streamClosed(runId, name);
    if (chunks.length === 0) return known;
    const log = known ?? this.#make(runId, name);
    const { seed, end: position } = log;
    this.#write(log, framesOf(chunks, request ? { seed, position, request } : { seed, position }));
    if (request) log.answered(request);
    return log;
  }

  close(runId: string, name: string): StreamLog {
    const log = this.#options.streams.find(runId, name) ?? this.#make(runId, name);
    if (log.closed) return log;
    this.#write(log, endFrame({ seed: log.seed, position: log.end }));
    log.closed = true;
    return log;
  }

  /** Settles when the last write of a stream's file is as durable as this world promises. */
  durable(path: string): Promise<void> | undefined {
    return this.#syncs.get(path);
  }

  #make(runId: string, name: string): StreamLog {
    const { layout, streams, restore } = this.#options;
    if (!lstatSync(layout.streams, { throwIfNoEntry: false }) && !restore()) {
      throw worldErrors.driverBusy(layout.root, 'writing a stream');
    }
    try {
      return streams.make(runId, name);
    } catch (error) {
      throw WorldError.is(error) ? error : worldErrors.dataUnreadable(layout.streamsOf(runId), error);
    }
  }

  #write(log: StreamLog, frames: Frames): void {
    const created = log.length === 0;
    try {
      this.#put(log, created ? [log.header, ...frames.parts] : frames.parts, log.end + frames.bytes);
    } catch (error) {
      // Its file was removed while it was closed: what can be done about it is done now, for the next call.
      if (isMissing(error)) this.#options.restore();
      throw WorldError.is(error) ? error : worldErrors.dataUnreadable(log.path, error);
    }
    for (const offset of frames.offsets) log.take(offset);
    if (this.#options.flusher) this.#sync(log, this.#options.flusher, { created });
  }

  /** One write call for the whole append; whatever it leaves when it fails is cut off again. */
  #put(log: StreamLog, parts: readonly Buffer[], end: number): void {
    const fd = this.#options.streams.fdOf(log);
    if (log.ragged) {
      ftruncateSync(fd, log.length);
      log.ragged = false;
    }
    const bytes = end - log.length;
    try {
      const written =
        bytes < STREAM_JOINED_BYTES
          ? writeSync(fd, Buffer.concat(parts, bytes), 0, bytes, log.length)
          : writevSync(fd, parts, log.length);
      if (written !== bytes) throw new Error(`wrote ${written} of ${bytes} bytes; the disk may be full`);
    } catch (error) {
      log.ragged = true;
      ftruncateSync(fd, log.length);
      log.ragged = false;
      throw error;
    }
    log.length = end;
    this.#options.counters.writes += 1;
    this.#options.counters.writtenBytes += bytes;
  }

  #sync(log: StreamLog, flusher: Flusher, change: { readonly created: boolean }): void {
    const { layout, streams } = this.#options;
    const parts = [flusher.file(streams.fdOf(log), log.path)];
    if (change.created) {
      parts.push(flusher.directory(layout.streamsOf(log.runId)), flusher.directory(layout.streams));
    }
    const sync = parts.length === 1 ? parts[0]! : Promise.all(parts).then(() => {});
    this.#syncs.set(log.path, sync);
    const done = () => {
      if (this.#syncs.get(log.path) === sync) this.#syncs.delete(log.path);
    };
    sync.then(done, done);
  }
}
