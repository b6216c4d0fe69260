import { resetBudget } from './budget.ts';
import { codec, issue } from './state.ts';

function codeOf(error: unknown): string {
  try {
    const code = (error as { code?: unknown } | null | undefined)?.code;
    return typeof code === 'string' && code !== '' ? code : 'USER_ERROR';
  } catch {
    return 'USER_ERROR';
  }
}

/** Ends the run with what its code threw. */
export function failRun(error: unknown): void {
  resetBudget();
  let text: string;
  let code = codeOf(error);
  try {
    text = codec.stringify(error);
  } catch (problem) {
    text = codec.stringify(problem);
    code = codeOf(problem);
  }
  issue('fail-run', '', code, { text });
}
