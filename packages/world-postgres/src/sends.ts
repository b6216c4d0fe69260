/** Events from outside, each one statement. */
import {
  type Claim,
  type ClaimRequest,
  copyEvent,
  type Event,
  eventIdOf,
  isId,
  type SendOptions,
  type SendResult,
  type SentEvent,
  worldErrors,
} from '@perdure/world';
import { checkAttributeCount, checkedSend, mergeAttributes } from '@perdure/world/live';
import { newWriteId } from './appends.ts';
import { toColumn } from './column-text.ts';
import { type Database, isUnanswered } from './database.ts';
import { dataText, subjectOf } from './event-row.ts';
import type { HeldRuns } from './held-runs.ts';
import type { Pulse } from './pulse.ts';

interface Outcome {
  readonly outcome: string;
  readonly version: number;
  readonly created_at: number;
  readonly status: string;
  readonly held: boolean;
  /** Of the claim that came with it. */
  readonly epoch: number | null;
}

export interface SendsOptions {
  readonly database: Database;
  readonly held: HeldRuns;
  readonly pulse: Pulse;
  /** A worker may hold a run that it does not know of. */
  readonly doubt: (worker: string) => void;
  readonly history: (runId: string, after: number, limit: number) => Promise<Event[]>;
}

interface Asked {
  readonly after: number | undefined;
  /** What the attributes are then, as JSON. */
  readonly attributes: string | undefined;
  readonly claimFor: ClaimRequest | undefined;
}

export class Sends {
  readonly #options: SendsOptions;

  constructor(options: SendsOptions) {
    this.#options = options;
  }

  async send(runId: string, sent: SentEvent, options: SendOptions): Promise<SendResult> {
    const event = checkedSend(sent, options);
    if (!isId(runId)) throw worldErrors.runNotFound(runId);
    for (;;) {
      // What attributes a run has in the end is decided from those it has: for that version, or not at all.
      const attributes = event.eventType === 'attr_set' ? await this.#attributes(runId, event) : undefined;
      const began = performance.now();
      const outcome = await this.#ask(runId, event, {
        after: options.after ?? attributes?.version,
        attributes: attributes?.merged,
        claimFor: options.claimFor,
      });
      if (outcome.outcome === 'tail-moved' && options.after === undefined) continue;
      return this.#settle(runId, event, outcome, { ...options, began });
    }
  }

  async #settle(
    runId: string,
    event: SentEvent,
    outcome: Outcome,
    { after, claimFor, began }: SendOptions & { readonly began: number },
  ): Promise<SendResult> {
    const { version, created_at: createdAt } = outcome;
    if (outcome.outcome === 'duplicate') {
      const [first] = await this.#options.history(runId, version - 1, 1);
      return { event: first!, duplicate: true };
    }
    if (outcome.outcome !== 'sent') throw refusal(runId, event, outcome, after);
    const { eventType, correlationId, key, eventData } = event;
    const eventId = eventIdOf(version);
    const placed = { runId, eventId, version, eventType, correlationId, key, createdAt, eventData };
    const own = copyEvent(placed as Event);
    const claim = claimFor && this.#hold(own, outcome.epoch, { ...claimFor, began });
    // Attempts of offered steps listen for it.
    if (claim && eventType === 'abort_requested') this.#options.pulse.emit(runId, 'moved');
    if (claim) return { event: copyEvent(own), duplicate: false, claim };
    this.#options.pulse.emit(runId, eventType === 'run_cancelled' ? 'ended' : outcome.held ? 'moved' : 'due');
    return { event: own, duplicate: false };
  }

  /** A claim that came with an event; undefined when none did, or when it is known here already. */
  #hold(
    event: Event,
    epoch: number | null,
    { worker, leaseMs, began }: ClaimRequest & { readonly began: number },
  ): Claim | undefined {
    const { held, pulse } = this.#options;
    if (epoch === null || held.get(event.runId)?.claim.epoch === epoch) return undefined;
    const claim = { runId: event.runId, worker, epoch };
    const { known } = held.hold(claim, { leaseMs, now: pulse.now() });
    if (held.hadNews(event.runId, began)) known.follow([event]);
    else known.meet([event]);
    return { ...claim };
  }

  async #ask(runId: string, event: SentEvent, { after, attributes, claimFor }: Asked): Promise<Outcome> {
    const { database, pulse } = this.#options;
    const { eventType, correlationId, key, eventData } = event;
    const { reason, program } = eventData as { readonly reason?: unknown; readonly program?: string };
    const text = JSON.stringify({
      run: runId,
      type: eventType,
      id: correlationId,
      key,
      subject: subjectOf(event),
      after,
      data: dataText(event as unknown as Event),
      reason: eventType === 'run_cancelled' && typeof reason === 'string' ? toColumn(reason) : undefined,
      program: eventType === 'run_resumed' && program !== undefined ? toColumn(program) : undefined,
      attributes,
      write: newWriteId(),
      worker: claimFor?.worker,
      lease: claimFor?.leaseMs,
    });
    try {
      const [outcome] = await database.run<Outcome>({
        what: 'send an event to a run',
        text: `SELECT * FROM "${database.schema}".send($1, $2, $3)`,
        values: (_, hints) => [text, pulse.origin(hints), pulse.at()],
      });
      return outcome!;
    } catch (error) {
      if (claimFor && isUnanswered(error)) this.#options.doubt(claimFor.worker);
      throw error;
    }
  }

  /** Throws INPUT_INVALID when there would be too many. */
  async #attributes(
    runId: string,
    event: SentEvent,
  ): Promise<{ version: number; merged: string } | undefined> {
    const { database } = this.#options;
    const [row] = await database.run<{
      version: number;
      attributes: string;
      completed_at: number | null;
      known: boolean;
    }>({
      what: 'read the attributes of a run',
      text: `SELECT version, attributes, completed_at,
          EXISTS (SELECT 1 FROM "${database.schema}".events e WHERE e.run_id = $1 AND e.key = $2) AS known
        FROM "${database.schema}".runs r WHERE r.run_id = $1`,
      values: () => [runId, event.key],
    });
    if (!row || row.completed_at !== null || row.known) return undefined;
    const before = JSON.parse(row.attributes) as Record<string, string>;
    checkAttributeCount(before, [event as unknown as Event]);
    const { attributes } = event.eventData as { readonly attributes: Record<string, string | null> };
    return { version: row.version, merged: JSON.stringify(mergeAttributes(before, attributes)) };
  }
}

function refusal(
  runId: string,
  event: SentEvent,
  { outcome, version, status }: Outcome,
  after: number | undefined,
): Error {
  const { eventType, correlationId } = event;
  const what = `${correlationId} of run ${runId}`;
  const at = `${eventType} at version ${version + 1}`;
  switch (outcome) {
    case 'unknown':
      return worldErrors.runNotFound(runId);
    case 'ended':
      return worldErrors.runEnded(runId, status);
    case 'tail-moved':
      return worldErrors.tailMoved(runId, after!, version);
    case 'no-hook':
      return worldErrors.hookNotFound(what);
    case 'no-wait':
      return worldErrors.waitNotFound(what);
    case 'not-paused':
      return worldErrors.historyInvalid(runId, `${at}: the run is ${status}, not paused`);
    default:
      return worldErrors.historyInvalid(runId, `${at}: ${subjectOf(event)} has one already`);
  }
}
