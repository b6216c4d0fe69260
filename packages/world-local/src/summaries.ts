import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { apply, begin, isTerminal, type RunProjection } from '@perdure/world';
import type { Counters } from './counters.ts';
import { NO_FOLLOW } from './layout.ts';
import { SUMMARY_BYTES } from './limits.ts';
import { decodeLine, type Line, seedOf } from './lines.ts';

/**
 * The projection of an ended run, from the first and the last line of its file.
 *
 * Undefined when there is no such file, and when anything about it is not as it should be or its lines are longer
 * than is read here: then reading the whole file tells what it is.
 */
export function readSummary(path: string, runId: string, counters: Counters): RunProjection | undefined {
  return withEnds(path, (fd, size) => {
    const head = readAt(fd, 0, Math.min(SUMMARY_BYTES, size), counters);
    const tailStart = Math.max(0, size - SUMMARY_BYTES);
    const tail = tailStart === 0 ? head : readAt(fd, tailStart, SUMMARY_BYTES, counters);
    return summaryOf(runId, head, tail);
  });
}

/** The last line of a run's file; undefined when there is none that is whole and short. */
export function readLastLine(path: string, runId: string, counters: Counters): Line | undefined {
  return withEnds(path, (fd, size) => {
    const start = Math.max(0, size - SUMMARY_BYTES);
    return lastLineOf(runId, readAt(fd, start, size - start, counters));
  });
}

function withEnds<T>(path: string, read: (fd: number, size: number) => T): T | undefined {
  try {
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
    const fd = openSync(path, constants.O_RDONLY | NO_FOLLOW);
    try {
      return read(fd, fstatSync(fd).size);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

function summaryOf(runId: string, head: Buffer, tail: Buffer): RunProjection | undefined {
  const seed = seedOf(runId);
  const firstEnd = head.indexOf(0x0a);
  if (firstEnd < 0) return undefined;
  const first = lineOf(runId, seed, head.subarray(0, firstEnd));
  const last = lastLineOf(runId, tail);
  if (!first?.event || !last?.event || !last.commit) return undefined;
  if (first.version !== 1 || last.version < 2 || !isTerminal(last.event.eventType)) return undefined;
  const projection = begin(first.event);
  const { run } = projection;
  if (last.commit.startedAt !== undefined) {
    run.startedAt = last.commit.startedAt;
    run.status = 'running';
  }
  run.attributes = last.commit.attributes ?? {};
  run.version = last.version - 1;
  apply(projection, last.event);
  return run;
}

function lastLineOf(runId: string, tail: Buffer): Line | undefined {
  if (tail[tail.length - 1] !== 0x0a) return undefined;
  // A line that begins before the tail has no checksum that fits what is here of it.
  const start = tail.lastIndexOf(0x0a, tail.length - 2) + 1;
  return lineOf(runId, seedOf(runId), tail.subarray(start, tail.length - 1));
}

function lineOf(runId: string, seed: number, bytes: Buffer): Line | undefined {
  const decoded = decodeLine(runId, seed, bytes);
  return 'line' in decoded ? decoded.line : undefined;
}

function readAt(fd: number, position: number, length: number, counters: Counters): Buffer {
  const bytes = Buffer.alloc(length);
  const count = readSync(fd, bytes, 0, length, position);
  counters.reads += 1;
  counters.readBytes += count;
  return bytes.subarray(0, count);
}
