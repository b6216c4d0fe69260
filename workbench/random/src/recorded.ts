/** What an event of a command says was asked for, in a form that compares. */
import { isDeepStrictEqual } from 'node:util';
import type { Event } from '@perdure/world';
import { isCommandEvent } from '../../../packages/core/src/command.ts';
import { opened } from './opened.ts';
import { ReferenceSignal } from './reference-channels.ts';

export interface Asked {
  readonly type: Event['eventType'];
  readonly id: string;
  /** Step, token or child run. */
  readonly name: string;
  readonly args?: readonly unknown[];
  readonly closure?: Record<string, unknown> | undefined;
  /** When a wait is over, by when it was recorded. */
  readonly resumeAt?: (createdAt: number) => number;
}

/** How what an event records differs from what was asked for; undefined when it does not, or records no command. */
export function unlike(event: Event, next: () => Asked | undefined): string | undefined {
  const recorded = recordedBy(event);
  if (!recorded) return undefined;
  const asked = next();
  if (!asked) return `it records ${JSON.stringify(recorded)}, and nothing is asked for`;
  const { resumeAt, ...rest } = asked;
  const expected = comparable({ ...rest, ...(resumeAt ? { args: [resumeAt(event.createdAt)] } : {}) });
  if (isDeepStrictEqual(recorded, expected)) return undefined;
  return `it records ${JSON.stringify(recorded)}, asked for is ${JSON.stringify(expected)}`;
}

/** Undefined for an event that records no command. */
export function recordedBy(event: Event): object | undefined {
  if (!isCommandEvent(event)) return undefined;
  const id = event.correlationId ?? '';
  const head = { type: event.eventType, id, name: '' };
  switch (event.eventType) {
    case 'step_created': {
      const { stepName, input } = event.eventData;
      const { args, closure } = opened(input, event.runId, `${id}/input`) as Pick<Asked, 'args' | 'closure'>;
      return comparable({ ...head, name: lastName(stepName), args, closure });
    }
    case 'wait_created':
      return comparable({ ...head, args: [event.eventData.resumeAt] });
    case 'hook_created':
    case 'hook_conflict':
      return comparable({ ...head, type: 'hook_created', name: event.eventData.token });
    case 'child_started':
      return comparable({ ...head, name: event.eventData.childRunId });
    case 'attr_set':
      return comparable({ ...head, args: [event.eventData.attributes] });
    default:
      return comparable(head);
  }
}

const isSignal = (value: unknown): boolean =>
  value instanceof ReferenceSignal || value instanceof AbortSignal;

/** Ids are paths: `step//sketches//w1s2`. */
function lastName(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/** As JSON would have it, with signals by their type and workflows by their name. */
function comparable(asked: object): object {
  const text = JSON.stringify(asked, (_key, value: unknown) => {
    if (isSignal(value) || isSignal((value as { signal?: unknown } | null | undefined)?.signal))
      return 'a signal';
    return typeof value === 'string' && value.startsWith('workflow//') ? lastName(value) : value;
  });
  return JSON.parse(text) as object;
}
