import type { SourceMapMappings, SourceMapSegment } from '@jridgewell/sourcemap-codec';

/** Text to put at an offset; it holds no line break, so lines stay where they are. */
export interface Insertion {
  offset: number;
  text: string;
}

/** A 0-based line and column. */
export interface Place {
  line: number;
  column: number;
}

/** Offsets at which the lines of a text begin. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

export function placeOf(starts: readonly number[], offset: number): Place {
  const line = lastAtMost(starts, offset, (start) => start);
  return { line, column: offset - (starts[line] ?? 0) };
}

/** Index of the last entry whose key is at most `limit`, or -1; entries are sorted by key. */
function lastAtMost<T>(entries: readonly T[], limit: number, keyOf: (entry: T) => number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(entries[middle] as T) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The index of the source that a generated place comes from: that of the nearest mapping at or before it. */
export function sourceAt(mappings: SourceMapMappings, { line, column }: Place): number | undefined {
  const here = mappings[line] ?? [];
  const found = here[lastAtMost(here, column, (segment) => segment[0])];
  if (found) return found[1];
  for (let above = line - 1; above >= 0; above--) {
    const last = mappings[above]?.at(-1);
    if (last) return last[1];
  }
  return undefined;
}

/** Applies insertions, sorted by offset, to a text. */
export function insertText(text: string, insertions: readonly Insertion[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const insertion of insertions) {
    parts.push(text.slice(from, insertion.offset), insertion.text);
    from = insertion.offset;
  }
  parts.push(text.slice(from));
  return parts.join('');
}

/** Moves mappings to the right by what is inserted before them on their line. */
export function shiftMappings(
  mappings: SourceMapMappings,
  insertions: readonly Insertion[],
  starts: readonly number[],
): SourceMapMappings {
  const byLine = new Map<number, { column: number; length: number }[]>();
  for (const { offset, text } of insertions) {
    const { line, column } = placeOf(starts, offset);
    const list = byLine.get(line) ?? [];
    list.push({ column, length: text.length });
    byLine.set(line, list);
  }
  return mappings.map((segments, line) => {
    const inserted = byLine.get(line);
    return inserted ? shiftLine(segments, inserted) : segments;
  });
}

function shiftLine(
  segments: readonly SourceMapSegment[],
  inserted: { column: number; length: number }[],
): SourceMapSegment[] {
  let next = 0;
  let shift = 0;
  return segments.map((segment) => {
    for (let entry = inserted[next]; entry && entry.column <= segment[0]; entry = inserted[next]) {
      shift += entry.length;
      next++;
    }
    const [column, ...rest] = segment;
    return [column + shift, ...rest] as SourceMapSegment;
  });
}
