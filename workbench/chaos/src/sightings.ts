/** What the parent saw of histories and files while workers died: none of it may ever change (L1). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Event, World } from '@perdure/world';

interface Sighting {
  history: readonly Event[];
  /** The file up to the end of its last whole append. */
  file: Buffer;
}

export class Sightings {
  readonly problems: string[] = [];
  readonly #world: World;
  /** Where the files of runs lie; undefined for a world without any. */
  readonly #files: string | undefined;
  readonly #byRun = new Map<string, Sighting>();

  constructor(world: World, files: string | undefined) {
    this.#world = world;
    this.#files = files;
  }

  /** Remembers what is there now, and what is wrong with it. */
  async look(runIds: readonly string[]): Promise<void> {
    for (const runId of runIds) {
      const sighting = this.#byRun.get(runId) ?? { history: [], file: Buffer.alloc(0) };
      this.#byRun.set(runId, sighting);
      try {
        await this.#lookAt(runId, sighting);
      } catch (error) {
        this.problems.push(`${runId} cannot be read: ${error}`);
      }
    }
  }

  async #lookAt(runId: string, sighting: Sighting): Promise<void> {
    const history = await this.#world.runs.history(runId);
    if (!startsWith(history, sighting.history)) this.problems.push(`the history of ${runId} changed`);
    sighting.history = history;
    const file = this.#files && readRunFile(this.#files, runId);
    if (!file) return;
    const whole = file.subarray(0, wholeLength(file));
    const { length } = sighting.file;
    const same = whole.subarray(0, length).equals(sighting.file);
    if (!same) this.problems.push(`the file of ${runId} changed within its first ${length} bytes`);
    sighting.file = whole;
  }

  /** The last history seen. */
  of(runId: string): readonly Event[] {
    return this.#byRun.get(runId)?.history ?? [];
  }
}

/** Whether a history goes on from an earlier one. */
export function startsWith(history: readonly Event[], earlier: readonly Event[]): boolean {
  return isDeepStrictEqual(history.slice(0, earlier.length), earlier);
}

export function readRunFile(root: string, runId: string): Buffer | undefined {
  // Active again: the run may have ended between the first two looks.
  for (const place of ['active', 'ended', 'active']) {
    try {
      return readFileSync(join(root, 'runs', place, `${runId}.jsonl`));
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}

/** Up to the end of the last line that commits an append. */
function wholeLength(file: Buffer): number {
  let end = file.lastIndexOf('\n') + 1;
  while (end > 0) {
    const begin = end === 1 ? 0 : file.lastIndexOf('\n', end - 2) + 1;
    if (Object.hasOwn(JSON.parse(file.toString('utf8', begin, end)) as object, 'wake')) return end;
    end = begin;
  }
  return 0;
}
