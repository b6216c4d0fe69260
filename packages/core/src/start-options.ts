import type { World } from '@perdure/world';

export interface StartOptions {
  /** Where the run lives. Default: the process's world. */
  readonly world?: World;
  /** Facts to find the run by; keys that begin with `$` are reserved. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** One live run has a key at a time. */
  readonly key?: string;
  /**
   * What happens when a live run has the key: `join` answers with it (default), `fail` throws KEY_TAKEN, `replace`
   * cancels it.
   */
  readonly onConflict?: 'join' | 'fail' | 'replace';
  /** When the run is due first: a Date, or a duration from now. Default: at once. */
  readonly runAt?: Date | number | string;
}
