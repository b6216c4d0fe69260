import { fstatSync, readSync } from 'node:fs';
import { apply, begin, type Event, type Projection, WorldError, worldErrors } from '@perdure/world';
import type { Counters } from './counters.ts';
import { READ_CHUNK_BYTES } from './limits.ts';
import { decodeLine, isOverrun, isWakeLine, type Line, seedOf, versionOfLine } from './lines.ts';
import { Offsets } from './offsets.ts';

/**
 * What is known of one run's file: what it holds up to `length`, the end of its last whole append.
 *
 * Bytes after `length` are an append that was never acknowledged, unless `damage` says otherwise.
 */
export class RunLog {
  readonly runId: string;
  readonly seed: number;
  readonly offsets: Offsets = new Offsets();
  length = 0;
  lines = 0;
  wakeAt: number | null = null;
  projection: Projection | undefined;
  damage: WorldError | undefined;
  /** True after a failed write that could not be cut off: it must be, before the next one. */
  ragged = false;

  constructor(runId: string) {
    this.runId = runId;
    this.seed = seedOf(runId);
  }

  /** Takes in what was appended to the file since, and hands each event on; sets `damage` where it stops making sense. */
  scan(fd: number, path: string, counters: Counters, onEvent: (event: Event) => void): void {
    const at = { line: this.lines };
    try {
      this.#scan(fd, counters, onEvent, at);
    } catch (error) {
      if (!(error instanceof Problem) && !WorldError.is(error)) throw error;
      this.damage = worldErrors.dataDamaged(path, at.line, error.message);
    }
  }

  #scan(fd: number, counters: Counters, onEvent: (event: Event) => void, at: { line: number }): void {
    let batch: Array<{ line: Line; offset: number }> = [];
    let offset = this.length;
    for (const { line: bytes, rest } of linesFrom(fd, this.length, undefined, counters)) {
      at.line += 1;
      if (rest && isOverrun(bytes)) throw new Problem('a line that goes on after its end');
      if (rest) return;
      const decoded = decodeLine(this.runId, this.seed, bytes);
      if ('problem' in decoded) throw new Problem(decoded.problem);
      batch.push({ line: decoded.line, offset });
      offset += bytes.length + 1;
      if (!decoded.line.commit) continue;
      for (const { line, offset: start } of batch) this.#take(line, start, onEvent);
      batch = [];
      this.length = offset;
      this.lines = at.line;
      this.wakeAt = decoded.line.commit.wake;
    }
  }

  #take(line: Line, offset: number, onEvent: (event: Event) => void): void {
    const { event, version } = line;
    if (!event) {
      const tail = this.projection?.run.version ?? 0;
      if (version !== tail) throw new Problem(`a wake time at version ${version} after version ${tail}`);
      return;
    }
    if (this.projection) apply(this.projection, event);
    else this.projection = begin(event);
    this.offsets.add(version, offset);
    onEvent(event);
  }

  /** Events after a version, read from the file. */
  read(
    fd: number,
    path: string,
    range: { readonly after: number; readonly limit?: number },
    counters: Counters,
  ): Event[] {
    const { after, limit = Number.POSITIVE_INFINITY } = range;
    const last = Math.min(after + limit, this.projection?.run.version ?? 0);
    const events: Event[] = [];
    if (last <= after) return events;
    const end = Math.min(this.offsets.after(last) ?? this.length, this.length);
    for (const { line } of linesFrom(fd, this.offsets.before(after + 1), end, counters)) {
      if (isWakeLine(line) || versionOfLine(line) <= after) continue;
      const decoded = decodeLine(this.runId, this.seed, line);
      const event = 'line' in decoded ? decoded.line.event : undefined;
      if (event?.version !== after + events.length + 1) {
        const problem = 'problem' in decoded ? decoded.problem : 'a line that was whole before';
        throw worldErrors.dataDamaged(path, after + events.length + 1, problem);
      }
      events.push(event);
      if (event.version === last) break;
    }
    if (events.length !== last - after) {
      throw worldErrors.dataDamaged(path, after + events.length + 1, 'the end of the file');
    }
    return events;
  }
}

/** What a line has that it must not have, or lacks. */
class Problem extends Error {}

/** The lines of a file from an offset on; `rest` marks bytes without a newline at the end. */
function* linesFrom(
  fd: number,
  start: number,
  end: number | undefined,
  counters: Counters,
): Generator<{ readonly line: Buffer; readonly rest: boolean }> {
  const stop = end ?? fstatSync(fd).size;
  let position = start;
  let carry: Buffer = Buffer.alloc(0);
  while (position < stop) {
    // Grows with a line that does not fit, so that a line of n bytes is copied a few times, not n times.
    const size = Math.min(Math.max(READ_CHUNK_BYTES, carry.length), stop - position);
    const chunk = Buffer.allocUnsafe(size);
    const count = readSync(fd, chunk, 0, size, position);
    if (count === 0) break;
    counters.reads += 1;
    counters.readBytes += count;
    position += count;
    const fresh = chunk.subarray(0, count);
    const bytes: Buffer = carry.length === 0 ? fresh : Buffer.concat([carry, fresh]);
    let from = 0;
    let newline = bytes.indexOf(0x0a, carry.length);
    while (newline >= 0) {
      yield { line: bytes.subarray(from, newline), rest: false };
      from = newline + 1;
      newline = bytes.indexOf(0x0a, from);
    }
    carry = bytes.subarray(from);
  }
  if (carry.length > 0) yield { line: carry, rest: true };
}
