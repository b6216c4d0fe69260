import { type PayloadView, shortName, viewEvent } from '@perdure/core';
import { type Event, payloadFieldsOf } from '@perdure/world';
import { jsonValue } from './json-value.ts';
import { closedText, shortArguments, shortPayload } from './payload-value.ts';
import { singleLine } from './printable.ts';
import { clockText, timeText } from './time-text.ts';

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
      case 'step_offered':
        return `${subject}  to every worker`;
      case 'step_started':
        return `${subject}  attempt ${event.eventData.attempt}`;
      case 'step_returned':
        return `${subject}  attempt ${event.eventData.attempt}: [${event.eventData.reason.code}] ${event.eventData.reason.message}`;
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

/** An event as a record for programs: payloads are opened, and what is secret is not there. */
export function eventRecord(event: Event): Record<string, unknown> {
  const { eventData } = viewEvent(event);
  const payloads = payloadFieldsOf.get(event.eventType) ?? [];
  const data = Object.entries(eventData).map(([field, value]) => {
    return [field, payloads.includes(field) ? viewed(value as PayloadView) : value];
  });
  const secret = event.eventType === 'run_created' ? { seed: '(secret)' } : {};
  return { ...event, eventData: { ...Object.fromEntries(data), ...secret } };
}

function viewed(view: PayloadView): unknown {
  return view.kind === 'value' ? (jsonValue(view.value) ?? null) : closedText(view);
}
