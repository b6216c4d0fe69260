import { createHash } from 'node:crypto';
import { SourceMap } from 'node:module';
import { Script } from 'node:vm';
import type { SourcePlace } from './errors.ts';

/** What the compiler makes of an app's workflow code: one strict script, and the hash of its content. */
export interface ProgramSource {
  readonly code: string;
  readonly hash: string;
}

const inlineMap =
  /\n\/\/# sourceMappingURL=data:application\/json;(?:charset=utf-8;)?base64,([A-Za-z0-9+/=]+)\s*$/;

export function hashOf(code: string): string {
  return createHash('sha256').update(code).digest('hex');
}

/** A program that is ready to run: compiled once, shared by the Executions of all its runs. */
export class Program {
  readonly hash: string;
  readonly script: Script;
  readonly #place: RegExp;
  readonly #code: string;
  #map: SourceMap | undefined | null;

  constructor(source: ProgramSource) {
    this.hash = source.hash;
    this.#code = source.code;
    const filename = `perdure-program:${source.hash.slice(0, 12)}`;
    // The source map stays with us: the engine maps what leaves the sandbox, V8 has no use for it.
    this.script = new Script(source.code.replace(inlineMap, ''), { filename });
    this.#place = new RegExp(`${filename}:(\\d+):(\\d+)`, 'g');
  }

  /** Replaces places in the program by places in the user's files, in a stack or in any text that holds one. */
  mapPlaces(text: string): string {
    if (!text.includes('perdure-program:')) return text;
    const map = this.#sourceMap();
    if (!map) return text;
    return text.replace(this.#place, (place, line: string, column: string) => {
      const entry = map.findOrigin(Number(line), Number(column));
      return 'fileName' in entry ? `${entry.fileName}:${entry.lineNumber}:${entry.columnNumber}` : place;
    });
  }

  /** The first frame of a stack that is in a file of the user; undefined when none is. */
  placeOf(stack: string): SourcePlace | undefined {
    const map = this.#sourceMap();
    if (!map) return undefined;
    for (const [, atLine, atColumn] of stack.matchAll(this.#place)) {
      const entry = map.findOrigin(Number(atLine), Number(atColumn));
      if (!('fileName' in entry)) continue;
      const { fileName, lineNumber: line, columnNumber: column } = entry;
      const { sources, sourcesContent } = map.payload;
      // The engine's own files and installed packages are there by name only.
      const content: string | null | undefined = sourcesContent[sources.indexOf(fileName)];
      const text = content?.split('\n')[line - 1];
      if (text !== undefined) return { file: fileName, line, column, text: text.trim() };
    }
    return undefined;
  }

  #sourceMap(): SourceMap | null {
    if (this.#map === undefined) {
      const encoded = inlineMap.exec(this.#code)?.[1];
      this.#map = encoded ? new SourceMap(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))) : null;
    }
    return this.#map;
  }
}
