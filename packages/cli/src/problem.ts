import { type CompileError, formatDiagnostic } from '@perdure/compiler';
import { problemLine, unexpected } from './messages.ts';

interface Coded {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** What a person reads of an error that ended the command: one line, or the findings of the compiler. */
export function problemText(error: unknown): string {
  if (isCompileError(error)) return error.diagnostics.map(formatDiagnostic).join('\n\n');
  return isCoded(error) ? problemLine(error).replace(/\s*\n\s*/g, ' ') : unexpected(error);
}

/** Told by name: the loader hands the error through a module graph that may hold another copy of the class. */
export function isCompileError(error: unknown): error is CompileError {
  const { name, diagnostics } = (error ?? {}) as { name?: unknown; diagnostics?: unknown };
  return name === 'CompileError' && Array.isArray(diagnostics);
}

/** Errors of the command line, the engine and the worlds. */
function isCoded(error: unknown): error is Coded {
  const { code, message, hint } = (error ?? {}) as Partial<Record<keyof Coded, unknown>>;
  return [code, message, hint].every((text) => typeof text === 'string');
}
