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

/** Ends the run with what its code threw, or with why that cannot be stored. */
export function failRun(error: unknown): void {
  resetBudget();
  let stored = error;
  let text: string;
  try {
    text = codec.stringify(error);
  } catch (problem) {
    stored = problem;
    text = codec.stringify(problem);
  }
  issue('fail-run', '', codeOf(stored), { text });
}
