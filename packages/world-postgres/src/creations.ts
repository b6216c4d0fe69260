/** Creations: those of one tick share a statement, but those with a key, which may have to wait for each other. */
import {
  begin,
  type CreateOptions,
  type CreateResult,
  copyEvent,
  type EventOf,
  worldErrors,
} from '@perdure/world';
import { checkCreation } from '@perdure/world/live';
import { newWriteId } from './appends.ts';
import { Batcher } from './batcher.ts';
import { toColumn } from './column-text.ts';
import { type Database, isUnanswered } from './database.ts';
import { dataText, digestOf } from './event-row.ts';
import type { HeldRuns } from './held-runs.ts';
import { APPENDS_PER_STATEMENT, STATEMENTS_UNDER_WAY } from './limits.ts';
import type { Pulse } from './pulse.ts';
import { type RunRow, runOf } from './run-row.ts';

interface Creation extends Readonly<Record<string, unknown>> {
  readonly live_key: string | undefined;
  readonly data: string;
}

interface Outcome {
  readonly outcome: 'created' | 'known' | 'joined' | 'key-taken';
  readonly epoch: number | null;
  readonly replaced: string | null;
  /** JSON text of the run that is there. */
  readonly run: string | null;
}

export interface CreationsOptions {
  readonly database: Database;
  readonly held: HeldRuns;
  readonly pulse: Pulse;
  /** A worker may hold a run that it does not know of. */
  readonly doubt: (worker: string) => void;
}

export class Creations {
  readonly #options: CreationsOptions;
  readonly #batcher: Batcher<Creation, Outcome>;
  /** Runs that may have been created and claimed by now without this process knowing. */
  readonly underWay: Set<string> = new Set();

  constructor(options: CreationsOptions) {
    this.#options = options;
    this.#batcher = new Batcher({
      run: (batch) => this.#write(batch),
      onFailure: 'ask-alone',
      weigh: ({ data }) => data.length,
      itemsMax: APPENDS_PER_STATEMENT,
      underWayMax: STATEMENTS_UNDER_WAY,
    });
  }

  async create(event: EventOf<'run_created'>, options: CreateOptions): Promise<CreateResult> {
    checkCreation(event, options);
    const copy = copyEvent(event);
    const creation = creationOf(copy, options);
    const began = performance.now();
    this.underWay.add(copy.runId);
    try {
      const { live_key: key } = creation;
      const outcome =
        key === undefined ? await this.#batcher.ask(creation) : (await this.#write([creation]))[0]!;
      return this.#settle(outcome, copy, { ...options, began });
    } catch (error) {
      if (options.claimFor && isUnanswered(error)) this.#options.doubt(options.claimFor.worker);
      throw error;
    } finally {
      this.underWay.delete(copy.runId);
    }
  }

  #settle(
    outcome: Outcome,
    event: EventOf<'run_created'>,
    { claimFor, wakeAt, began }: CreateOptions & { readonly began: number },
  ): CreateResult {
    const { held, pulse } = this.#options;
    if (outcome.outcome !== 'created') {
      const run = runOf(JSON.parse(outcome.run!) as RunRow);
      if (outcome.outcome === 'key-taken') throw worldErrors.keyTaken(event.eventData.key!, run.runId);
      if (outcome.outcome === 'known' && run.workflowName !== event.eventData.workflowName)
        throw worldErrors.runExists(event.runId);
      return { run, created: false };
    }
    if (outcome.replaced !== null) {
      held.get(outcome.replaced)?.known.dropFresh();
      pulse.emit(outcome.replaced, 'ended');
    }
    const replaced = outcome.replaced === null ? {} : { replacedRunId: outcome.replaced };
    const { run } = begin(event);
    // A run whose lease ended before its creator heard of it is due like any other.
    if (!claimFor || outcome.epoch === null) {
      if (wakeAt === undefined || wakeAt <= pulse.now()) pulse.emit(event.runId, 'due');
      return { run, created: true, ...replaced };
    }
    const claim = { runId: event.runId, worker: claimFor.worker, epoch: outcome.epoch };
    const entry = held.hold(claim, { leaseMs: claimFor.leaseMs, now: pulse.now() });
    if (held.hadNews(event.runId, began)) entry.known.follow([event]);
    else entry.known.meet([event]);
    return { run, created: true, claim: { ...claim }, ...replaced };
  }

  #write(batch: readonly Creation[]): Promise<Outcome[]> {
    const { database, pulse } = this.#options;
    const text = JSON.stringify(batch);
    return database.run<Outcome>({
      what: 'create runs',
      text: `SELECT * FROM "${database.schema}".create_runs($1, $2, $3)`,
      values: (_, hints) => [text, pulse.origin(hints), pulse.at()],
    });
  }
}

function creationOf(
  event: EventOf<'run_created'>,
  { claimFor, wakeAt, onConflict }: CreateOptions,
): Creation {
  const { runId, createdAt, eventData } = event;
  const { workflowName, program, key, parentRunId, rootRunId, attributes = {} } = eventData;
  // How a run ends whose key this one takes.
  const reason = `replaced by run ${runId}`;
  return {
    run: runId,
    workflow: toColumn(workflowName),
    program: toColumn(program),
    key: key === undefined ? undefined : toColumn(key),
    live_key: key === undefined ? undefined : digestOf(key),
    parent: parentRunId,
    root: rootRunId,
    created: createdAt,
    attributes: JSON.stringify(attributes),
    data: dataText(event),
    wake: wakeAt,
    worker: claimFor?.worker,
    lease: claimFor?.leaseMs,
    conflict: onConflict,
    write: newWriteId(),
    reason,
    cancel: JSON.stringify({ reason }),
  };
}
