/** What the machine can do at best, measured beside the workloads. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, createContext, Script } from 'node:vm';
import { median, round } from './statistics.ts';

export interface Limits {
  /** One appending write of 600 bytes, the size of a step's three events, into the page cache. */
  readonly file_append_us: number;
  readonly file_fdatasync_us: number;
  /** One entry of a resident context that resolves a promise. */
  readonly vm_turn_us: number;
  readonly vm_fresh_us: number;
}

function timeEach(count: number, work: () => void): number {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const start = performance.now();
    work();
    times.push((performance.now() - start) * 1_000);
  }
  return round(median(times));
}

export function measureLimits(): Limits {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-limits-'));
  const line = Buffer.from(`${'x'.repeat(599)}\n`);
  const file = openSync(join(directory, 'log'), 'a');
  const file_append_us = timeEach(2_000, () => writeSync(file, line));
  const file_fdatasync_us = timeEach(100, () => {
    writeSync(file, line);
    fdatasyncSync(file);
  });
  closeSync(file);
  rmSync(directory, { recursive: true });
  const fresh = () => createContext(constants.DONT_CONTEXTIFY, { microtaskMode: 'afterEvaluate' });
  const vm_fresh_us = timeEach(50, () => fresh());
  const context = fresh();
  new Script(
    'let go; const wait = () => new Promise((r) => { go = r; }); globalThis.turn = () => go(); (async () => { for (;;) await wait(); })()',
  ).runInContext(context);
  const turn = new Script('turn()');
  const vm_turn_us = timeEach(5_000, () => turn.runInContext(context));
  return { file_append_us, file_fdatasync_us, vm_turn_us, vm_fresh_us };
}
