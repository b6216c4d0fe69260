/**
 * What is known of one stream's file: how far it goes, and where to begin to read; never its chunks.
 *
 * Bytes after `length` are an append that was never acknowledged. A head that fits no frame is damage, unless only
 * zeros follow: those are what a power failure leaves of a write.
 */
import { fstatSync, readSync } from 'node:fs';
import { type Payload, type WorldError, worldErrors } from '@perdure/world';
import { isPageFull } from '@perdure/world/live';
import type { Counters } from './counters.ts';
import {
  STREAM_OFFSET_STRIDE_BYTES,
  STREAM_OFFSETS_MAX,
  STREAM_READ_BYTES,
  STREAM_REQUESTS_MAX,
  STREAM_WINDOW_BYTES,
} from './limits.ts';
import {
  FRAME_HEAD_BYTES,
  type FrameHead,
  hasRequest,
  isCommitted,
  isEnd,
  payloadOf,
  REQUEST_BYTES,
  readHead,
  streamHeader,
  streamSeed,
} from './stream-frames.ts';

export class StreamLog {
  readonly runId: string;
  readonly name: string;
  readonly path: string;
  readonly seed: number;
  readonly header: Buffer;
  /** End of the last whole append; 0: not even the header is whole. */
  length = 0;
  tail = 0;
  closed = false;
  damage: WorldError | undefined;
  /** True after a failed write that could not be cut off: it must be, before the next one. */
  ragged = false;
  #offsets: Array<{ readonly index: number; readonly offset: number }> = [];
  #stride = STREAM_OFFSET_STRIDE_BYTES;
  #requests = new Set<string>();

  constructor(runId: string, name: string, path: string) {
    this.runId = runId;
    this.name = name;
    this.path = path;
    this.seed = streamSeed(runId, name);
    this.header = streamHeader(runId, name);
  }

  /** Where the next frame goes. */
  get end(): number {
    return Math.max(this.length, this.header.length);
  }

  /** Takes in what the file holds beyond `length`; bodies are skipped. */
  scan(fd: number, counters: Counters): void {
    const { size } = fstatSync(fd);
    const window = new FileWindow(fd, size, counters, STREAM_WINDOW_BYTES);
    if (this.length === 0 && !this.#takeHeader(window, size)) return;
    let position = this.length;
    let index = this.tail;
    let batch: Array<{ readonly index: number; readonly offset: number }> = [];
    while (position + FRAME_HEAD_BYTES <= size) {
      const head = readHead(window.at(position, FRAME_HEAD_BYTES), this.seed, position);
      if (!head) {
        if (!isBlank(fd, position, size, counters)) this.#damage(index, 'no frame in its place');
        return;
      }
      const next = position + FRAME_HEAD_BYTES + head.length;
      if (next > size) return;
      if (!isEnd(head)) batch.push({ index: index++, offset: position });
      if (isCommitted(head)) {
        if (hasRequest(head)) this.answered(window.at(position + FRAME_HEAD_BYTES, REQUEST_BYTES));
        for (const frame of batch) this.take(frame.offset);
        if (isEnd(head)) this.closed = true;
        batch = [];
        this.length = next;
      }
      position = next;
    }
  }

  /** Counts a chunk whose frame begins here. */
  take(offset: number): void {
    const last = this.#offsets.at(-1);
    if (!last || offset - last.offset >= this.#stride) {
      this.#offsets.push({ index: this.tail, offset });
      if (this.#offsets.length >= STREAM_OFFSETS_MAX) {
        this.#offsets = this.#offsets.filter((_, at) => at % 2 === 0);
        this.#stride *= 2;
      }
    }
    this.tail += 1;
  }

  isAnswered(request: Buffer): boolean {
    return this.#requests.has(request.toString('latin1'));
  }

  /** A driver that dies may leave a request behind that it has answered: the last ones are known. */
  answered(request: Buffer): void {
    this.#requests.add(request.toString('latin1'));
    if (this.#requests.size <= STREAM_REQUESTS_MAX) return;
    const [oldest] = this.#requests;
    this.#requests.delete(oldest!);
  }

  /** Chunks from an index on up to another, or until they fill a page. Throws DATA_DAMAGED. */
  read(
    fd: number,
    range: { readonly from: number; readonly to: number },
    counters: Counters,
  ): { index: number; data: Payload }[] {
    const chunks: { index: number; data: Payload }[] = [];
    if (range.from >= range.to) return chunks;
    let { index, offset } = this.#before(range.from);
    // Not past what is wanted: a reader at the end asks for one chunk at a time.
    const stop = this.#offsets.find((known) => known.index >= range.to)?.offset ?? this.length;
    const window = new FileWindow(fd, stop, counters, STREAM_READ_BYTES);
    for (let bytes = 0; index < range.to && !isPageFull(bytes); index += 1) {
      const head = this.#headAt(window, offset, index);
      if (index >= range.from) {
        const data = payloadOf(head, window.at(offset + FRAME_HEAD_BYTES, head.length));
        if (data === undefined) throw this.#problem(index, 'a checksum that does not fit the chunk');
        chunks.push({ index, data });
        bytes += data.length;
      }
      offset += FRAME_HEAD_BYTES + head.length;
    }
    return chunks;
  }

  #headAt(window: FileWindow, offset: number, index: number): FrameHead {
    const whole = offset + FRAME_HEAD_BYTES <= this.length;
    const head = whole ? readHead(window.at(offset, FRAME_HEAD_BYTES), this.seed, offset) : undefined;
    if (!head || offset + FRAME_HEAD_BYTES + head.length > this.length || isEnd(head)) {
      throw this.#problem(index, 'no frame in its place');
    }
    return head;
  }

  #before(index: number): { readonly index: number; readonly offset: number } {
    let low = 0;
    let high = this.#offsets.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#offsets[middle]!.index <= index) low = middle;
      else high = middle;
    }
    return this.#offsets[low]!;
  }

  #takeHeader(window: FileWindow, size: number): boolean {
    const found = window.at(0, Math.min(size, this.header.length));
    if (!this.header.subarray(0, found.length).equals(found)) {
      if (found.some((byte) => byte !== 0)) this.#damage(-1, 'no header of this stream');
      return false;
    }
    if (found.length < this.header.length) return false;
    this.length = this.header.length;
    return true;
  }

  #damage(index: number, problem: string): void {
    this.damage = this.#problem(index, problem);
  }

  #problem(index: number, problem: string): WorldError {
    // Where a file of lines has its line: the header is the first.
    return worldErrors.dataDamaged(this.path, index + 2, problem);
  }
}

/** A part of a file in memory, moved along with what is asked for. */
class FileWindow {
  readonly #fd: number;
  readonly #size: number;
  readonly #counters: Counters;
  readonly #least: number;
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(fd: number, size: number, counters: Counters, least: number) {
    this.#fd = fd;
    this.#size = size;
    this.#counters = counters;
    this.#least = least;
  }

  /** Bytes of the file, good until the next call; all of them lie within it. */
  at(position: number, length: number): Buffer {
    const from = position - this.#start;
    if (from < 0 || from + length > this.#bytes.length) {
      this.#fill(position, Math.min(Math.max(length, this.#least), this.#size - position));
      return this.#bytes.subarray(0, length);
    }
    return this.#bytes.subarray(from, from + length);
  }

  #fill(position: number, length: number): void {
    const bytes = Buffer.allocUnsafe(length);
    let count = 0;
    while (count < length) {
      const read = readSync(this.#fd, bytes, count, length - count, position + count);
      if (read === 0) throw new Error('the file ends before what was written to it');
      count += read;
      this.#counters.reads += 1;
      this.#counters.readBytes += read;
    }
    this.#start = position;
    this.#bytes = bytes;
  }
}

function isBlank(fd: number, start: number, size: number, counters: Counters): boolean {
  const window = new FileWindow(fd, size, counters, STREAM_WINDOW_BYTES);
  for (let position = start; position < size; position += STREAM_WINDOW_BYTES) {
    const part = window.at(position, Math.min(STREAM_WINDOW_BYTES, size - position));
    if (part.some((byte) => byte !== 0)) return false;
  }
  return true;
}
