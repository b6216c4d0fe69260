import type { Event } from '@perdure/world';
import { jsonValue } from './json-value.ts';
import { openArguments, openPayload, shortArguments, shortPayload } from './payload-value.ts';
import { singleLine } from './printable.ts';
import { clockText, timeText } from './time-text.ts';

/** The part of an id that a person calls a workflow or step by. */
export function shortName(id: string): string {
  return id.split('//').at(-1) || id;
}

const typeWidth = 'step_completed'.length;

/** Tells events of one history in words; it must see them in order, to know what later ones are about. */
export class EventTeller {
  readonly #names = new Map<string, string>();

  /** Time, version, type, subject and data on one line. */
  line(event: Event, form: 'clock' | 'date'): string {
    const time = form === 'clock' ? clockText(event.createdAt) : timeText(event.createdAt);
    const head = `${time}  ${String(event.version).padStart(4)}  ${event.eventType.padEnd(typeWidth)}`;
    return singleLine(`${head}  ${this.#about(event)}`).trimEnd();
  }

  #about(event: Event): string {
    const id = event.correlationId ?? '';
    const subject = this.#names.get(id) ?? '';
    const { eventType } = event;
    switch (eventType) {
      case 'run_created':
        return shortName(event.eventData.workflowName) + shortArguments(event.eventData.input);
      case 'step_created':
        return this.#name(id, shortName(event.eventData.stepName)) + shortArguments(event.eventData.input);
      case 'step_started':
        return `${subject}  attempt ${event.eventData.attempt}`;
      case 'step_retrying':
        return `${subject}  attempt ${event.eventData.attempt}: ${shortPayload(event.eventData.error)}, again at ${clockText(event.eventData.retryAt)}`;
      case 'step_completed':
        return `${subject}  ${shortPayload(event.eventData.output)}`;
      case 'step_failed':
        return `${subject}  after attempt ${event.eventData.attempts}: ${shortPayload(event.eventData.error)}`;
      default:
        return this.#aboutOther(event, id, subject);
    }
  }

  #aboutOther(event: Event, id: string, subject: string): string {
    switch (event.eventType) {
      case 'run_paused':
        return `[${event.eventData.reason.code}] ${event.eventData.reason.message}`;
      case 'run_completed':
        return shortPayload(event.eventData.output);
      case 'run_failed':
        return shortPayload(event.eventData.error);
      case 'run_cancelled':
        return event.eventData.reason ?? '';
      case 'wait_created':
        return `until ${timeText(event.eventData.resumeAt)}`;
      case 'hook_created':
        return `token ${JSON.stringify(this.#name(id, event.eventData.token))}`;
      case 'hook_conflict':
        return `token ${JSON.stringify(event.eventData.token)} belongs to run ${event.eventData.ownerRunId}`;
      case 'hook_received':
        return `token ${JSON.stringify(subject)}  ${shortPayload(event.eventData.payload)}`;
      case 'hook_disposed':
        return `token ${JSON.stringify(subject)}`;
      default:
        return '';
    }
  }

  #name(correlationId: string, name: string): string {
    this.#names.set(correlationId, name);
    return name;
  }
}

const payloadFields = new Set(['input', 'output', 'error', 'payload', 'metadata']);

/** An event as a record for programs: payloads are opened, and what is secret is not there. */
export function eventRecord(event: Event): Record<string, unknown> {
  const data = Object.entries(event.eventData).map(([field, value]) => [
    field,
    fieldValue(event, field, value),
  ]);
  return { ...event, eventData: Object.fromEntries(data) };
}

function fieldValue({ eventType }: Event, field: string, value: unknown): unknown {
  if (field === 'seed') return '(secret)';
  if (!payloadFields.has(field)) return value;
  const payload = value as string | Uint8Array;
  const isCall = field === 'input' && (eventType === 'run_created' || eventType === 'step_created');
  const opened = isCall ? openArguments(payload) : openPayload(payload);
  return opened.kind === 'closed' ? opened.text : (jsonValue(opened.value) ?? null);
}
