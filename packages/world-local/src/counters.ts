/** What this world has done to files of runs and streams and what it holds; grows for its whole life. */
export interface LocalStats {
  /** Reads of files of runs and streams, and their bytes. */
  reads: number;
  readBytes: number;
  /** Writes to files of runs and streams, and their bytes. */
  writes: number;
  writtenBytes: number;
  /** Calls of fdatasync and fsync; 0 with `durability: 'process'`. */
  syncs: number;
  recentEntries: number;
  recentBytes: number;
  openFiles: number;
  /** Runs of this directory that are live; 0 while another process drives it. */
  liveRuns: number;
  driving: boolean;
}

export type Counters = Pick<LocalStats, 'reads' | 'readBytes' | 'writes' | 'writtenBytes' | 'syncs'>;

export function newCounters(): Counters {
  return { reads: 0, readBytes: 0, writes: 0, writtenBytes: 0, syncs: 0 };
}
