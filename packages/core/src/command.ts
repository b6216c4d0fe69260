/**
 * What a program asks for, and the events that record it.
 *
 * `matches` is the whole divergence rule (E4): kind, correlation id and name, in emission order.
 */
import type { Event, StepOptions } from '@perdure/world';
import { eventIdOf } from '@perdure/world';
import type { GuestCommand } from './guest/state.ts';
import type { Envelope } from './payload/envelope.ts';
import { absent } from './payload/notation.ts';

export type Command = Readonly<GuestCommand>;

/** Whether an event records a command; every other event is delivered or noted. */
export function isCommandEvent(event: Event): boolean {
  switch (event.eventType) {
    // The same facts come from outside, too; what was sent has a key.
    case 'attr_set':
    case 'abort_requested':
      return event.key === undefined;
    case 'step_created':
    case 'wait_created':
    case 'hook_created':
    case 'hook_conflict':
    case 'hook_disposed':
    case 'child_started':
    case 'run_completed':
    case 'run_failed':
      return true;
    default:
      return false;
  }
}

const undefinedText = String(absent);

export interface EventPlace {
  readonly runId: string;
  readonly version: number;
  readonly createdAt: number;
}

/** The event that records a command at a place in the history. */
export function toEvent(command: Command, place: EventPlace, envelope: Envelope): Event {
  const { runId, version, createdAt } = place;
  const head = { runId, eventId: eventIdOf(version), version, createdAt };
  const wrap = (field: string) =>
    envelope.wrap(command.text ?? undefinedText, runId, `${command.id || 'run'}/${field}`);
  switch (command.kind) {
    case 'schedule-step': {
      const options =
        command.detail === undefined ? {} : { options: JSON.parse(command.detail) as StepOptions };
      const eventData = { stepName: command.name, input: wrap('input'), ...options };
      return { ...head, eventType: 'step_created', correlationId: command.id, eventData };
    }
    case 'start-wait': {
      const resumeAt = command.name === 'for' ? createdAt + command.number! : command.number!;
      return { ...head, eventType: 'wait_created', correlationId: command.id, eventData: { resumeAt } };
    }
    case 'create-hook': {
      // Whoever resumes the hook of a sealed run without its keys is told so by this, before anything is sent.
      const metadata = command.text === undefined && !envelope.seals ? {} : { metadata: wrap('metadata') };
      const eventData = {
        token: command.name,
        ...metadata,
        ...(command.number ? { retainMs: command.number } : {}),
      };
      return { ...head, eventType: 'hook_created', correlationId: command.id, eventData };
    }
    case 'dispose-hook':
      return { ...head, eventType: 'hook_disposed', correlationId: command.id, eventData: {} };
    case 'await-child':
      return {
        ...head,
        eventType: 'child_started',
        correlationId: command.id,
        eventData: { childRunId: command.name },
      };
    case 'set-attributes': {
      const attributes = JSON.parse(command.detail!) as Record<string, string | null>;
      return { ...head, eventType: 'attr_set', correlationId: command.id, eventData: { attributes } };
    }
    case 'request-abort':
      return {
        ...head,
        eventType: 'abort_requested',
        correlationId: command.id,
        eventData: { reason: wrap('reason') },
      };
    case 'complete-run':
      return { ...head, eventType: 'run_completed', eventData: { output: wrap('output') } };
    case 'fail-run':
      return {
        ...head,
        eventType: 'run_failed',
        eventData: { error: wrap('error'), errorCode: command.name },
      };
  }
}

/** Whether an event of the history records this command. */
export function matches(command: Command, event: Event): boolean {
  switch (event.eventType) {
    case 'step_created':
      return (
        command.kind === 'schedule-step' &&
        command.id === event.correlationId &&
        command.name === event.eventData.stepName
      );
    case 'wait_created':
      return command.kind === 'start-wait' && command.id === event.correlationId;
    case 'hook_created':
    case 'hook_conflict':
      return (
        command.kind === 'create-hook' &&
        command.id === event.correlationId &&
        command.name === event.eventData.token
      );
    case 'hook_disposed':
      return command.kind === 'dispose-hook' && command.id === event.correlationId;
    case 'child_started':
      return (
        command.kind === 'await-child' &&
        command.id === event.correlationId &&
        command.name === event.eventData.childRunId
      );
    case 'attr_set':
      return command.kind === 'set-attributes' && command.id === event.correlationId;
    case 'abort_requested':
      return command.kind === 'request-abort' && command.id === event.correlationId;
    case 'run_completed':
      return command.kind === 'complete-run';
    case 'run_failed':
      return command.kind === 'fail-run';
    default:
      return false;
  }
}

export function describeCommand(command: Command | undefined): string {
  if (!command) return 'nothing more';
  return [command.kind, command.id, command.name].filter((part) => part !== '').join(' ');
}

export function describeEvent(event: Event): string {
  const data = event.eventData as { stepName?: string; token?: string };
  const name = data.stepName ?? data.token ?? '';
  return [event.eventType, event.correlationId ?? '', name].filter((part) => part !== '').join(' ');
}
