/** What the steps of a sketch come to, and whether the history has it so. */
import type { Event } from '@perdure/world';
import { mix } from '../../chaos/src/plan.ts';
import type { BodyPlan } from './bodies.ts';
import { codeOf } from './opened.ts';

export interface Expected {
  readonly kind: 'value' | 'failure';
  readonly values: readonly number[];
}

/** What a step must come to; a patient one to either of two values. */
export function outcomeOf({ site, failures, call }: BodyPlan, v: number): Expected {
  if (failures === 'always') return { kind: 'failure', values: [101] };
  if (call === 'decrement') return { kind: 'value', values: [v - 1] };
  return { kind: 'value', values: call === 'listen' ? [mix(v, site), mix(v, site + 1)] : [mix(v, site)] };
}

/** How an outcome of the history differs from what a step must come to. */
export function unlikeOutcome(event: Event, value: unknown, { kind, values }: Expected): string | undefined {
  const came = event.eventType === 'step_completed' ? 'value' : 'failure';
  const number = came === 'value' ? (value as number) : codeOf(value);
  if (came === kind && values.includes(number)) return undefined;
  return `it comes to ${came} ${number}, expected ${kind} ${values.join(' or ')}`;
}
