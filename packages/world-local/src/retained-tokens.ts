/**
 * The tokens that ended runs keep for a while, in one file beside the logs: opening does not read ended runs.
 *
 * - A line is there before its run's file moves to the ended ones. Where the process dies between the two, or the
 *   line cannot be written, the file stays among the active ones, which the next opening reads.
 * - The log stays the truth: the last line of an ended run tells its tokens again (`retains`). A file that is
 *   missing or not whole is written anew from those.
 */
import { closeSync, constants, fdatasyncSync, openSync, readdirSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { type Projection, worldErrors } from '@perdure/world';
import { type RetainedToken, retainedTokensOf } from '@perdure/world/live';
import type { Counters } from './counters.ts';
import type { FollowedRuns } from './followed-runs.ts';
import { isMissing, type Layout, NO_FOLLOW, runIdOfFile } from './layout.ts';
import { RETAINED_LINES_TIDY } from './limits.ts';
import { sealed, seedOf, unsealed } from './lines.ts';
import { readWhole, writeWhole } from './messages.ts';
import { readLastLine } from './summaries.ts';

export interface RetainedTokensOptions {
  readonly layout: Layout;
  readonly followed: FollowedRuns;
  readonly counters: Counters;
  readonly clock: () => number;
  /** Whether lines must survive a power failure. */
  readonly syncs: boolean;
}

const seed = seedOf('retained');
const head = sealed({ retained: 1 }, seed);

export class RetainedTokens {
  readonly #options: RetainedTokensOptions;

  constructor(options: RetainedTokensOptions) {
    this.#options = options;
  }

  /** Those that are kept by now, from the file; for the driver only, which may write it anew. */
  load(): RetainedToken[] {
    const known = this.#read();
    const tokens = known ?? this.#fromLogs();
    const now = this.#options.clock();
    const kept = tokens.filter(({ until }) => until > now);
    if (!known || tokens.length - kept.length > Math.max(RETAINED_LINES_TIDY, kept.length))
      this.#rewrite(kept);
    return kept;
  }

  /** Throws when they cannot be written: then the run's file must not move. */
  keep(tokens: readonly RetainedToken[]): void {
    if (tokens.length === 0) return;
    const path = this.#options.layout.retained;
    try {
      this.#append(path, tokens);
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#rewrite([...this.#fromLogs(), ...tokens]);
    }
  }

  #append(path: string, tokens: readonly RetainedToken[]): void {
    const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | NO_FOLLOW);
    try {
      // A line that a full disk cut short before is ended here, and read as none.
      const text = `\n${tokens.map(encode).join('')}`;
      const bytes = Buffer.byteLength(text);
      const written = writeSync(fd, text);
      if (written !== bytes) throw new Error(`wrote ${written} of ${bytes} bytes; the disk may be full`);
      if (this.#options.syncs) fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  #rewrite(tokens: readonly RetainedToken[]): void {
    const { layout } = this.#options;
    writeWhole(layout.root, basename(layout.retained), head + tokens.map(encode).join(''));
  }

  /** Undefined: there is no such file, or it is not whole. */
  #read(): RetainedToken[] | undefined {
    const path = this.#options.layout.retained;
    let text: string;
    try {
      text = readWhole(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw worldErrors.dataUnreadable(path, error);
    }
    if (!text.startsWith(head) || !text.endsWith('\n')) return undefined;
    const tokens: RetainedToken[] = [];
    for (const line of text.slice(head.length).split('\n')) {
      if (line === '') continue;
      const token = decode(line);
      if (!token) return undefined;
      tokens.push(token);
    }
    return tokens;
  }

  #fromLogs(): RetainedToken[] {
    const { layout, followed, counters } = this.#options;
    return readdirSync(layout.ended).flatMap((name) => {
      const runId = runIdOfFile(name);
      if (runId === undefined) return [];
      const last = readLastLine(layout.endedFile(runId), runId, counters);
      if (last) return (last.commit?.retains ?? []).map(([token, until]) => ({ runId, token, until }));
      // Longer than is read at once, or not whole: whatever the file still tells.
      const projection = projectionOf(followed, runId);
      return projection ? retainedTokensOf(projection) : [];
    });
  }
}

function projectionOf(followed: FollowedRuns, runId: string): Projection | undefined {
  try {
    return followed.load(runId)?.projection;
  } catch {
    return undefined;
  }
}

function encode({ runId, token, until }: RetainedToken): string {
  return sealed({ runId, token, until }, seed);
}

function decode(line: string): RetainedToken | undefined {
  const decoded = unsealed(Buffer.from(line), seed);
  if ('problem' in decoded) return undefined;
  const { runId, token, until } = decoded.record;
  const isOne = typeof runId === 'string' && typeof token === 'string' && typeof until === 'number';
  return isOne ? { runId, token, until } : undefined;
}
