import {
  isId,
  type Payload,
  STREAM_PAGE_BYTES,
  type StreamInfo,
  type StreamPage,
  type StreamRange,
  type Streams,
  worldErrors,
} from '@perdure/world';
import {
  checkChunks,
  checkStreamName,
  isPageFull,
  type StreamWatchers,
  streamRangeOf,
} from '@perdure/world/live';
import { newWriteId } from './appends.ts';
import { Batcher } from './batcher.ts';
import { framed, unframed } from './chunk-frames.ts';
import { fromColumn, toColumn } from './column-text.ts';
import type { Database } from './database.ts';
import { digestOf } from './event-row.ts';
import { APPENDS_PER_STATEMENT } from './limits.ts';
import type { Pulse } from './pulse.ts';

export interface PostgresStreamsOptions {
  readonly database: Database;
  readonly pulse: Pulse;
  readonly watchers: StreamWatchers;
  readonly open: () => Promise<void> | undefined;
  readonly listen: () => void;
}

/** The chunks of one append, in their frames. */
interface Piece {
  readonly count: number;
  readonly data: Buffer;
}

interface StreamRow extends StreamInfo {
  readonly stream_id: number;
  readonly tail: number;
  readonly closed: boolean;
}

/** The streams of a Postgres world: one row for the chunks of each append. */
export class PostgresStreams implements Streams {
  readonly #options: PostgresStreamsOptions;
  /** Streams that are written to now. */
  readonly #queues = new Map<string, Batcher<Piece, number>>();

  constructor(options: PostgresStreamsOptions) {
    this.#options = options;
  }

  async append(runId: string, name: string, chunks: readonly Payload[]): Promise<{ tail: number }> {
    const opened = this.#check(runId, name);
    checkChunks(chunks);
    // Now: the caller may change its bytes while this waits.
    const piece = { count: chunks.length, data: framed(chunks) };
    await opened;
    const key = `${runId}/${name}`;
    const queue = this.#queues.get(key) ?? this.#newQueue(runId, name);
    this.#queues.set(key, queue);
    return { tail: await queue.ask(piece) };
  }

  /** Appends to one stream keep their order: one statement at a time, with what came meanwhile in the next. */
  #newQueue(runId: string, name: string): Batcher<Piece, number> {
    return new Batcher({
      run: (pieces) => this.#write(runId, name, pieces),
      // A second try alone could add what the first has added, too.
      onFailure: 'fail',
      weigh: ({ data }) => data.length,
      itemsMax: APPENDS_PER_STATEMENT,
      underWayMax: 1,
      onIdle: () => this.#queues.delete(`${runId}/${name}`),
    });
  }

  async #write(runId: string, name: string, pieces: readonly Piece[]): Promise<number[]> {
    const { database, pulse, watchers } = this.#options;
    const count = pieces.reduce((sum, piece) => sum + piece.count, 0);
    const data = pieces.length === 1 ? pieces[0]!.data : Buffer.concat(pieces.map((piece) => piece.data));
    const id = newWriteId();
    const subject = subjectOf(runId, name);
    const [row] = await database.run<{ outcome: string; tail: number }>({
      what: 'append to a stream',
      text: `SELECT * FROM "${database.schema}".append_chunks($1, $2, $3, $4, $5, $6, $7, $8)`,
      values: (attempt, hints) => [
        runId,
        toColumn(name),
        count,
        data,
        id,
        attempt > 0,
        subject,
        pulse.origin(hints),
      ],
    });
    if (row!.outcome === 'unknown') throw worldErrors.runNotFound(runId);
    if (row!.outcome === 'closed') throw worldErrors.streamClosed(runId, name);
    watchers.emit(subject);
    let tail = row!.tail - count;
    return pieces.map((piece) => {
      tail += piece.count;
      return tail;
    });
  }

  async close(runId: string, name: string): Promise<void> {
    await this.#check(runId, name);
    const { database, pulse, watchers } = this.#options;
    const subject = subjectOf(runId, name);
    const [row] = await database.run<{ known: boolean }>({
      what: 'close a stream',
      text: `SELECT "${database.schema}".close_stream($1, $2, $3, $4) AS known`,
      values: (_, hints) => [runId, toColumn(name), subject, pulse.origin(hints)],
    });
    if (!row!.known) throw worldErrors.runNotFound(runId);
    watchers.emit(subject);
  }

  async read(runId: string, name: string, range: StreamRange): Promise<StreamPage> {
    await this.#check(runId, name);
    streamRangeOf(range, 0);
    const stream = await this.#find(runId, name);
    if (!stream) return { chunks: [], tail: 0, closed: false };
    const { tail, closed } = stream;
    const { from, to } = streamRangeOf(range, tail);
    const chunks: { index: number; data: Payload }[] = [];
    for (let next = from, bytes = 0; next < to && !isPageFull(bytes); ) {
      const rows = await this.#rows(stream.stream_id, next);
      for (const { first, count, data } of rows) {
        for (const [place, chunk] of unframed(data, count, `run ${runId}, stream ${name}`).entries()) {
          const index = first + place;
          if (index < next || index >= to || isPageFull(bytes)) continue;
          chunks.push({ index, data: chunk });
          bytes += chunk.length;
          next = index + 1;
        }
      }
      if (rows.length === 0) break;
    }
    return { chunks, tail, closed };
  }

  async info(runId: string, name: string): Promise<StreamInfo | undefined> {
    await this.#check(runId, name);
    const stream = await this.#find(runId, name);
    return stream && { tail: stream.tail, closed: stream.closed };
  }

  async list(runId: string): Promise<(StreamInfo & { readonly name: string })[]> {
    await this.#options.open();
    await this.#exists(runId);
    const rows = await this.#options.database.run<{ name: string; tail: number; closed: boolean }>({
      what: 'list streams',
      text: `SELECT name, tail, closed FROM "${this.#options.database.schema}".streams WHERE run_id = $1`,
      values: () => [runId],
    });
    const streams = rows.map(({ name, tail, closed }) => ({ name: fromColumn(name), tail, closed }));
    return streams.sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  watch(runId: string, name: string, listener: () => void): () => void {
    this.#options.listen();
    checkStreamName(name);
    return this.#options.watchers.watch(subjectOf(runId, name), listener);
  }

  /** Throws at once what can be told at once. */
  #check(runId: string, name: string): Promise<void> | undefined {
    const opened = this.#options.open();
    checkStreamName(name);
    if (!isId(runId)) throw worldErrors.runNotFound(runId);
    return opened;
  }

  async #exists(runId: string): Promise<void> {
    const { database } = this.#options;
    const rows = isId(runId)
      ? await database.run({
          what: 'look for a run',
          text: `SELECT 1 FROM "${database.schema}".runs WHERE run_id = $1`,
          values: () => [runId],
        })
      : [];
    if (rows.length === 0) throw worldErrors.runNotFound(runId);
  }

  async #find(runId: string, name: string): Promise<StreamRow | undefined> {
    const { database } = this.#options;
    const [row] = await database.run<StreamRow>({
      what: 'look at a stream',
      text: `SELECT stream_id, tail, closed FROM "${database.schema}".streams WHERE run_id = $1 AND name = $2`,
      values: () => [runId, toColumn(name)],
    });
    if (!row) await this.#exists(runId);
    return row;
  }

  /** Rows from the one that holds an index on: one at least, and as many as a page may take. */
  #rows(streamId: number, from: number): Promise<{ first: number; count: number; data: Buffer }[]> {
    const { database } = this.#options;
    return database.run({
      what: 'read a stream',
      text: `SELECT first, count, data FROM (
          SELECT first, count, data, sum(length(data)) OVER (ORDER BY first) - length(data) AS before
          FROM "${database.schema}".chunks WHERE stream_id = $1 AND first >= (
            SELECT max(first) FROM "${database.schema}".chunks WHERE stream_id = $1 AND first <= $2)
          ORDER BY first LIMIT 256) c
        WHERE before < $3 ORDER BY first`,
      values: () => [streamId, from, STREAM_PAGE_BYTES],
    });
  }
}

/** A name for notifications and watchers: without a blank, and as long for every name. */
function subjectOf(runId: string, name: string): string {
  return `${runId}/${digestOf(name).slice(0, 32)}`;
}
