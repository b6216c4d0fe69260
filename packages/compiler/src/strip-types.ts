import { createRequire } from 'node:module';
import type * as RolldownUtils from 'rolldown/utils';
import { CompileError, transformFailed } from './diagnostics.ts';
import type { RawSourceMap } from './inline-map.ts';

/** A module on its way through the load hook. */
export interface LoadedModule {
  /** Absolute path. */
  file: string;
  code: string;
  /** The map to the original, when something was changed already. */
  map: RawSourceMap | undefined;
}

/** TypeScript that leaves code behind, which Node does not strip: enums, namespaces, parameter properties. */
const LASTING =
  /\benum\s+[\w$]+\s*\{|\b(namespace|module)\s+[\w$.]+\s*\{|\bconstructor\s*\([^)]*\b(public|private|protected|readonly)\s|\bimport\s+[\w$]+\s*=/;

/** True for files that Node cannot load as they are: JSX, or TypeScript that needs more than stripping. */
export function needsTransform(file: string, code: string): boolean {
  if (/\.[jt]sx$/.test(file)) return true;
  return /\.[cm]?ts$/.test(file) && LASTING.test(code);
}

/**
 * Turns such a file into JavaScript, keeping the map to the original.
 *
 * @throws CompileError with code PARSE_FAILED
 */
export function transformTypes({ file, code, map }: LoadedModule): { code: string; map: RawSourceMap } {
  const require = createRequire(import.meta.url);
  const { transformSync } = require('rolldown/utils') as typeof RolldownUtils;
  const inputMap = map && { ...map, file: undefined };
  const result = transformSync(file, code, {
    sourcemap: true,
    target: 'es2024',
    tsconfig: false,
    inputMap: inputMap as RolldownUtils.TransformOptions['inputMap'],
  });
  const [error] = result.errors;
  if (error) throw new CompileError([transformFailed(file, String(error.message ?? error))]);
  return { code: result.code, map: result.map as RawSourceMap };
}
