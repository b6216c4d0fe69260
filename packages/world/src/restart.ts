/** In milliseconds, but for how many are at once. */
export const restart: { readonly atOnce: number; readonly firstMs: number; readonly maxMs: number } = {
  atOnce: 3,
  firstMs: 1_000,
  maxMs: 60_000,
};

export interface CutOff {
  /** Number of the last attempt. */
  readonly attempt: number;
  /** Attempts that ended in an error. */
  readonly failures: number;
  /** When the last attempt was started. */
  readonly startedAt: number;
}

/**
 * When a step starts again whose attempt was cut off: at once the first times, then after a while that doubles, since
 * what ends its process each time must not keep every worker busy that it meets.
 */
export function restartTime({ attempt, failures, startedAt }: CutOff): number {
  const late = attempt - failures - restart.atOnce;
  return late <= 0 ? 0 : startedAt + Math.min(restart.maxMs, restart.firstMs * 2 ** (late - 1));
}
