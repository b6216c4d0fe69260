import { closeSync, constants, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { WorldError, worldErrors } from '@perdure/world';
import { isMissing, isStreamFile, type Layout, NO_FOLLOW } from './layout.ts';
import { STREAM_HEADER_BYTES_MAX } from './limits.ts';
import { nameInHeader } from './stream-frames.ts';

/** The names of a run's streams, from the first lines of their files, sorted. */
export function streamNamesOf(layout: Layout, runId: string): string[] {
  const directory = layout.streamsOf(runId);
  let files: string[];
  try {
    files = readdirSync(directory).filter(isStreamFile);
  } catch (error) {
    if (isMissing(error)) return [];
    throw worldErrors.dataUnreadable(directory, error);
  }
  return files.flatMap((file) => nameIn(layout, runId, join(directory, file)) ?? []).sort();
}

/** Undefined: the file was never written whole. */
function nameIn(layout: Layout, runId: string, path: string): string | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | NO_FOLLOW);
    try {
      const bytes = Buffer.alloc(STREAM_HEADER_BYTES_MAX);
      const end = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)).indexOf(0x0a);
      if (end < 0) return undefined;
      const name = nameInHeader(bytes.subarray(0, end), runId);
      if (name !== undefined && layout.streamFile(runId, name) === path) return name;
      throw worldErrors.dataDamaged(path, 1, 'no header of this stream');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw WorldError.is(error) ? error : worldErrors.dataUnreadable(path, error);
  }
}
