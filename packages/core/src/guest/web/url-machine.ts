/** What the states of the URL parser work on. */
import type { UrlRecord } from './url-record.ts';

export type State =
  | 'scheme-start'
  | 'scheme'
  | 'no-scheme'
  | 'special-relative-or-authority'
  | 'path-or-authority'
  | 'relative'
  | 'relative-slash'
  | 'special-slashes'
  | 'special-ignore-slashes'
  | 'authority'
  | 'host'
  | 'hostname'
  | 'port'
  | 'file'
  | 'file-slash'
  | 'file-host'
  | 'path-start'
  | 'path'
  | 'opaque-path'
  | 'query'
  | 'fragment';

/** `fail`: no URL, or for a setter no change; `done`: the part is set. */
export type Verdict = 'fail' | 'done' | undefined;

export interface Machine {
  readonly url: UrlRecord;
  readonly base: UrlRecord | undefined;
  readonly characters: readonly string[];
  /** The part that a setter sets; undefined when all is parsed. */
  readonly only: State | undefined;
  state: State;
  at: number;
  buffer: string;
  atSign: 'unseen' | 'seen';
  brackets: 'closed' | 'open';
  password: 'unseen' | 'seen';
}

/** Moves on to a state; `by` moves the place in the input beside. */
export function go(m: Machine, state: State, by = 0): undefined {
  m.state = state;
  m.at += by;
}

export function next(m: Machine, by = 1): string | undefined {
  return m.characters[m.at + by];
}

/** The query or fragment that begins here, if one does. */
export function startTail(m: Machine, c: string | undefined): boolean {
  if (c === '?') m.url.query = '';
  else if (c === '#') m.url.fragment = '';
  else return false;
  go(m, c === '?' ? 'query' : 'fragment');
  return true;
}
