import {
  type AppendOptions,
  type AppendResult,
  type ChildProjection,
  type Claim,
  type ClaimDueRequest,
  type ClaimRequest,
  type ClaimResult,
  type CreateOptions,
  type CreateResult,
  copyEvent,
  type Event,
  type EventOf,
  fold,
  type Hint,
  type HookProjection,
  isId,
  type ListRequest,
  type LiveHook,
  type Projection,
  type RenewResult,
  type RunProjection,
  type Runs,
  type SendOptions,
  type SendResult,
  type SentEvent,
  type StepProjection,
  type WaitProjection,
  worldErrors,
} from '@perdure/world';
import { checkRange, type Hints, pageLimitOf } from '@perdure/world/live';
import type { Appends } from './appends.ts';
import type { Claims } from './claims.ts';
import { toColumn } from './column-text.ts';
import type { Creations } from './creations.ts';
import type { Database } from './database.ts';
import { digestOf, type EventRow, eventColumns, eventOf } from './event-row.ts';
import type { HeldRuns } from './held-runs.ts';
import type { HistoryReader } from './history-reader.ts';
import type { RunReader } from './run-reader.ts';
import { type RunRow, runOf } from './run-row.ts';
import type { Sends } from './sends.ts';

export interface PostgresRunsOptions {
  readonly database: Database;
  readonly held: HeldRuns;
  readonly hints: Hints;
  readonly creations: Creations;
  readonly appends: Appends;
  readonly sends: Sends;
  readonly claims: Claims;
  readonly histories: HistoryReader;
  readonly reader: RunReader;
  /** Throws WORLD_CLOSED once the world is closed; resolves when its schema is there. */
  readonly open: () => Promise<void> | undefined;
  /** Throws WORLD_CLOSED; from now on notifications are listened for. */
  readonly listen: () => void;
}

/** The runs of a Postgres world: one statement for each call that changes something. */
export class PostgresRuns implements Runs {
  readonly #options: PostgresRunsOptions;

  constructor(options: PostgresRunsOptions) {
    this.#options = options;
  }

  async create(event: EventOf<'run_created'>, options: CreateOptions = {}): Promise<CreateResult> {
    await this.#options.open();
    return this.#options.creations.create(event, options);
  }

  async append(claim: Claim, events: readonly Event[], options: AppendOptions): Promise<AppendResult> {
    await this.#options.open();
    return this.#options.appends.append(claim, events, options);
  }

  async send(runId: string, event: SentEvent, options: SendOptions = {}): Promise<SendResult> {
    await this.#options.open();
    this.#options.held.get(runId)?.known.dropFresh();
    return this.#options.sends.send(runId, event, options);
  }

  async history(runId: string, options: { after?: number; limit?: number } = {}): Promise<Event[]> {
    await this.#options.open();
    const range = checkRange(options);
    if (!isId(runId)) throw worldErrors.runNotFound(runId);
    const held = this.#options.held.get(runId);
    const last = this.#options.reader.lastAfter(runId, range.after);
    if (last && range.limit !== 0) return [last];
    const fresh = held?.known.takeFresh(range);
    if (fresh) return fresh.map(copyEvent);
    const events = await this.#options.histories.read(runId, range);
    held?.learn(events);
    return events;
  }

  async claim(request: ClaimDueRequest): Promise<ClaimResult> {
    await this.#options.open();
    return this.#options.claims.claim(request);
  }

  async renew(
    request: ClaimRequest & { readonly claims: readonly { claim: Claim; version: number }[] },
  ): Promise<RenewResult> {
    await this.#options.open();
    return this.#options.claims.renew(request);
  }

  async release(claims: readonly Claim[]): Promise<void> {
    await this.#options.open();
    return this.#options.claims.release(claims);
  }

  async get(runId: string): Promise<RunProjection | undefined> {
    await this.#options.open();
    if (!isId(runId)) return undefined;
    return this.#options.reader.get(runId);
  }

  async list(request: ListRequest = {}): Promise<{ runs: RunProjection[]; cursor?: string }> {
    await this.#options.open();
    const limit = pageLimitOf(request);
    const { cursor, status, workflowName } = request;
    const values: unknown[] = [limit + 1];
    const where: string[] = [];
    const add = (condition: string, value: unknown): void => {
      values.push(value);
      where.push(`${condition} $${values.length}`);
    };
    if (cursor !== undefined) add('run_id <', toColumn(cursor));
    if (status !== undefined) add('status =', status);
    if (workflowName !== undefined) add('workflow_name =', toColumn(workflowName));
    const clause = where.length > 0 ? `WHERE ${where.join(' AND ')}` : '';
    const runs = await this.#rows(`${clause} ORDER BY run_id DESC LIMIT $1`, values);
    // One more than asked for is what tells that a next page exists.
    if (runs.length <= limit) return { runs };
    return { runs: runs.slice(0, limit), cursor: runs[limit - 1]!.runId };
  }

  async steps(runId: string): Promise<StepProjection[]> {
    return [...(await this.#projection(runId)).steps.values()];
  }

  async hooks(runId: string): Promise<HookProjection[]> {
    return [...(await this.#projection(runId)).hooks.values()];
  }

  async waits(runId: string): Promise<WaitProjection[]> {
    return [...(await this.#projection(runId)).waits.values()];
  }

  async children(runId: string): Promise<ChildProjection[]> {
    return [...(await this.#projection(runId)).children.values()];
  }

  async hookByToken(token: string): Promise<LiveHook | undefined> {
    await this.#options.open();
    const { database } = this.#options;
    const [row] = await database.run<EventRow & { run_id: string; correlation_id: string }>({
      what: 'find a hook',
      text: `SELECT e.run_id, ${eventColumns('e')} FROM "${database.schema}".hooks h
        JOIN "${database.schema}".events e ON e.run_id = h.run_id AND e.version = h.version
        WHERE h.token = decode($1, 'hex') AND h.live`,
      values: () => [digestOf(token)],
    });
    if (!row) return undefined;
    const createdEvent = eventOf(row.run_id, row) as EventOf<'hook_created'>;
    return { runId: row.run_id, correlationId: row.correlation_id, token, createdEvent };
  }

  watch(listener: (hint: Hint) => void): () => void {
    this.#options.listen();
    return this.#options.hints.watch(listener);
  }

  async #rows(clause: string, values: readonly unknown[]): Promise<RunProjection[]> {
    const { database } = this.#options;
    const rows = await database.run<{ run: string }>({
      what: 'read runs',
      text: `SELECT row_to_json(r) AS run FROM "${database.schema}".runs r ${clause}`,
      values: () => [...values],
    });
    return rows.map(({ run }) => runOf(JSON.parse(run) as RunRow));
  }

  async #projection(runId: string): Promise<Projection> {
    return fold(await this.history(runId))!;
  }
}
