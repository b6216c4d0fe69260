/** A source map as it is written out. */
export interface RawSourceMap {
  version: number;
  sources: (string | null)[];
  sourcesContent?: (string | null)[];
  names: string[];
  mappings: string;
}

/** A script with its source map as a data URL at the end. */
export function withInlineMap(code: string, map: RawSourceMap): string {
  const { version, sources, sourcesContent, names, mappings } = map;
  const text = JSON.stringify({ version, sources, sourcesContent, names, mappings });
  const data = Buffer.from(text).toString('base64');
  return `${code.trimEnd()}\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,${data}\n`;
}
