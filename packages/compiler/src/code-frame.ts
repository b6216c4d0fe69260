/** A place in a source file: 1-based line and column. */
export interface Location {
  file: string;
  line: number;
  column: number;
}

/** Finds the 1-based line and column of an offset. */
export function locate(source: string, file: string, offset: number): Location {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  return { file, line, column: offset - before.lastIndexOf('\n') };
}

/**
 * Draws the lines around a place, with a caret under it.
 *
 * Two lines before and one after; tabs are kept so that the caret lines up in any terminal.
 */
export function codeFrame(source: string, place: Location): string {
  const lines = source.split(/\r?\n/);
  const first = Math.max(1, place.line - 2);
  const last = Math.min(lines.length, place.line + 1);
  const width = String(last).length;
  const out: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1] ?? '';
    const marker = number === place.line ? '>' : ' ';
    out.push(`${marker} ${String(number).padStart(width)} | ${text}`.trimEnd());
    if (number !== place.line) continue;
    const indent = text.slice(0, place.column - 1).replace(/[^\t]/g, ' ');
    out.push(`  ${' '.repeat(width)} | ${indent}^`);
  }
  return out.join('\n');
}
