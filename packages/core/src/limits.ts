/** Bounds that a runtime can be given, each with its unit; every one answers with a `LimitError`, or pauses the run. */
import { limitInvalid, limitUnknown } from './messages.ts';

export interface Limits {
  /** Bytes of one payload: arguments, a result, a hook's payload. Default 52,428,800; 16,384 or more, as errors are payloads, too. */
  readonly payloadBytes: number;
  /** Events of one run's history; a run that needs more is paused. Default Infinity. */
  readonly historyEvents: number;
  /** Events of a history at which the run is reported once. Default 50,000. */
  readonly historyEventsReported: number;
  /** How deep child runs nest. Default 100. */
  readonly childDepth: number;
  /** Bytes of the body of a request to a webhook. Default 10,485,760. */
  readonly webhookBodyBytes: number;
}

export const defaultLimits: Limits = {
  payloadBytes: 52_428_800,
  historyEvents: Number.POSITIVE_INFINITY,
  historyEventsReported: 50_000,
  childDepth: 100,
  webhookBodyBytes: 10_485_760,
};

const least: Partial<Limits> = { payloadBytes: 16_384 };

/** Defaults where nothing else was given. Throws LIMIT_INVALID. */
export function limitsFrom(given: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaultLimits, name)) throw limitUnknown(name, Object.keys(defaultLimits));
    const from = least[name as keyof Limits] ?? 1;
    const isNumber = value === Number.POSITIVE_INFINITY || Number.isSafeInteger(value);
    if (value !== undefined && !(isNumber && value >= from)) throw limitInvalid(name, from, value);
  }
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaultLimits, ...Object.fromEntries(set) };
}
