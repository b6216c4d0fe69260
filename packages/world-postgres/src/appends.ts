/** Appends: checked against what is known of the run, then written together with those of other runs. */
import { randomBytes } from 'node:crypto';
import {
  type AppendOptions,
  type AppendResult,
  type Claim,
  type Event,
  isEnded,
  type Projection,
  worldErrors,
} from '@perdure/world';
import { actOnOffered, admitted, applyAll, checkAttributeCount, checkTime } from '@perdure/world/live';
import { type HeldAppend, textOfHeldAppend, valuesOfHeldAppend } from './append-one.ts';
import { Batcher } from './batcher.ts';
import { toColumn } from './column-text.ts';
import type { Database } from './database.ts';
import { digestOf, writtenEvent } from './event-row.ts';
import type { HeldRun, HeldRuns } from './held-runs.ts';
import { APPENDS_PER_STATEMENT, STATEMENTS_UNDER_WAY } from './limits.ts';
import type { Pulse } from './pulse.ts';
import type { RunReader } from './run-reader.ts';
import { changeOf } from './run-row.ts';

/** One append as the schema's function takes it. */
interface Transition extends HeldAppend, Readonly<Record<string, unknown>> {
  readonly tokens: readonly object[] | undefined;
  /** Characters of its events; not stored. */
  readonly weight: number;
}

interface Outcome {
  readonly outcome: 'appended' | 'claim-lost' | 'tail-moved' | 'token-taken';
  readonly version: number;
  readonly correlation_id: string | null;
  readonly owner: string | null;
}

export interface AppendsOptions {
  readonly database: Database;
  readonly held: HeldRuns;
  readonly pulse: Pulse;
  readonly reader: RunReader;
  readonly history: (runId: string, after: number) => Promise<Event[]>;
}

const writer = randomBytes(6).toString('base64url');
let writes = 0;

/** By what a write is known when its reply was lost. */
export function newWriteId(): string {
  writes += 1;
  return `${writer}${writes.toString(36)}`;
}

export class Appends {
  readonly #options: AppendsOptions;
  readonly #batcher: Batcher<Transition, Outcome>;
  readonly #heldText: string;

  constructor(options: AppendsOptions) {
    this.#options = options;
    this.#heldText = textOfHeldAppend(options.database.schema);
    this.#batcher = new Batcher({
      run: (batch) => this.#write(batch),
      onFailure: 'ask-alone',
      weigh: ({ weight }) => weight as number,
      itemsMax: APPENDS_PER_STATEMENT,
      underWayMax: STATEMENTS_UNDER_WAY,
    });
  }

  append(claim: Claim, events: readonly Event[], options: AppendOptions): Promise<AppendResult> {
    if (options.wakeAt !== null) checkTime('wakeAt', options.wakeAt);
    const held = this.#options.held.under(claim);
    return held.inTurn(() => this.#append(held, events, options));
  }

  async #append(held: HeldRun, events: readonly Event[], options: AppendOptions): Promise<AppendResult> {
    const { claim } = held;
    if (!held.known.projection || held.known.projection.run.version < options.after)
      await this.#catchUp(held);
    const { projection } = held.known;
    if (!projection || projection.run.version !== options.after) return this.#refused(held, options.after);
    let staged: { readonly transition: Transition; readonly takeBack: () => void };
    try {
      staged = this.#stage(held, projection, events, options);
    } catch (error) {
      // The claim is looked at first: who lost it need not hear what is wrong with the events.
      return this.#refused(held, options.after, error);
    }
    let outcome: Outcome | undefined;
    try {
      const { tokens } = staged.transition;
      // Tokens of several runs in one transaction could wait for each other.
      outcome =
        tokens === undefined
          ? await this.#batcher.ask(staged.transition)
          : (await this.#write([staged.transition]))[0];
    } catch (error) {
      held.known.projection = undefined;
      throw error;
    }
    if (outcome?.outcome === 'appended') {
      const { status, version } = projection.run;
      if (options.release || isEnded(status)) this.#options.held.forget(claim);
      if (isEnded(status))
        this.#options.reader.ended(projection.run, events.at(-1)!, staged.transition.weight);
      this.#options.pulse.appended(
        claim.runId,
        isEnded(status) ? 'ended' : options.release ? 'released' : 'held',
        options.wakeAt,
      );
      if (staged.transition.offers) this.#options.pulse.emit(claim.runId, 'offered');
      if (staged.transition.tell) this.#options.pulse.emit(claim.runId, 'moved');
      return { kind: 'appended', version };
    }
    staged.takeBack();
    if (outcome?.outcome !== 'token-taken') return this.#refused(held, options.after);
    const { correlation_id: correlationId, owner } = outcome;
    const hook = events.find((event) => event.correlationId === correlationId);
    const { token } = hook!.eventData as { token: string };
    return { kind: 'token-taken', correlationId: correlationId!, token, ownerRunId: owner! };
  }

  /** Applies the events to what is known; throws, with nothing changed, when they cannot follow. */
  #stage(
    held: HeldRun,
    projection: Projection,
    events: readonly Event[],
    { after, wakeAt, release }: AppendOptions,
  ): { readonly transition: Transition; readonly takeBack: () => void } {
    const copies = events.map(admitted);
    const before = { ...projection.run };
    const tokens = tokensOf(projection, copies);
    const act = actOnOffered(projection, copies);
    if (act) throw worldErrors.stepOffered(held.claim.runId, act);
    checkAttributeCount(before.attributes, copies);
    const takeBack = applyAll(projection, copies);
    held.known.note(copies);
    const { run } = projection;
    const { runId, worker, epoch } = held.claim;
    const ended = isEnded(run.status);
    const written = copies.map(writtenEvent);
    const transition = {
      weight: written.reduce((sum, { data }) => sum + data.length, 0),
      run: runId,
      worker,
      epoch,
      after,
      write: newWriteId(),
      tail: run.version,
      wake: ended ? undefined : (wakeAt ?? undefined),
      release: release === true || ended,
      lease: held.leaseMs,
      updated: run.updatedAt,
      ...changeOf(before, run, () => owns(projection)),
      events: written,
      tokens,
      offers: offersOf(held, projection, copies),
      tell: copies.some(({ eventType }) => eventType === 'abort_requested') || undefined,
    };
    return { transition, takeBack };
  }

  async #write(batch: readonly Transition[]): Promise<Outcome[]> {
    const [first] = batch;
    if (
      batch.length === 1 &&
      isPlain(first!) &&
      this.#options.database.prepares &&
      (await this.#writeHeld(first!))
    )
      return [{ outcome: 'appended', version: first!.tail, correlation_id: null, owner: null }];
    return this.#writeAll(batch);
  }

  /** Whether it was written. */
  async #writeHeld(append: HeldAppend): Promise<boolean> {
    const { database, pulse } = this.#options;
    const { length } = await database.run({
      what: 'append to a run',
      text: this.#heldText,
      values: () => valuesOfHeldAppend(append, pulse.at()),
    });
    return length === 1;
  }

  #writeAll(batch: readonly Transition[]): Promise<Outcome[]> {
    const { database, pulse } = this.#options;
    // In one order everywhere, so that no two statements wait for each other's runs.
    const order = batch
      .map((_, index) => index)
      .sort((a, b) => (String(batch[a]!.run) < String(batch[b]!.run) ? -1 : 1));
    const text = JSON.stringify(order.map((index) => batch[index]));
    return database
      .run<Outcome>({
        what: 'append to runs',
        text: `SELECT * FROM "${database.schema}".append($1, $2, $3)`,
        values: (_, hints) => [text, pulse.origin(hints), pulse.at()],
      })
      .then((outcomes) => {
        const answers: Outcome[] = new Array(batch.length);
        for (const [place, index] of order.entries()) answers[index] = outcomes[place]!;
        return answers;
      });
  }

  async #catchUp(held: HeldRun): Promise<void> {
    try {
      held.known.follow(
        await this.#options.history(held.claim.runId, held.known.projection?.run.version ?? 0),
      );
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'RUN_NOT_FOUND') throw error;
    }
  }

  /** Why an append cannot be: the claim first, then the tail, then what was wrong with it. */
  async #refused(held: HeldRun, after: number, error?: unknown): Promise<AppendResult> {
    const { database } = this.#options;
    const { runId, worker, epoch } = held.claim;
    const [row] = await database.run<{ version: number }>({
      what: 'look at a claim',
      text: `SELECT version FROM "${database.schema}".runs WHERE run_id = $1 AND worker = $2 AND epoch = $3 AND completed_at IS NULL`,
      values: () => [runId, worker, epoch],
    });
    if (!row) {
      this.#options.held.forget(held.claim);
      return { kind: 'claim-lost' };
    }
    if (row.version === after && error !== undefined) throw error;
    if (!Number.isSafeInteger(after) || after < 0 || after > row.version)
      throw worldErrors.inputInvalid(
        'append',
        `after: expected a version up to ${row.version}, got ${after}`,
      );
    const missed = await this.#options.history(runId, after);
    // What was known may be ahead of what is: a write whose end nobody knows.
    if (held.known.projection && held.known.projection.run.version > after) held.known.projection = undefined;
    held.known.follow(missed);
    return { kind: 'tail-moved', missed };
  }
}

/** Whether it says nothing but that the run goes on here. */
function isPlain({ changed, tokens, offers, tell, release }: Transition): boolean {
  return !release && !changed && !tokens && !offers && !tell;
}

/** Whether a run has what its end frees. */
function owns({ hooks, steps }: Projection): 'something' | 'nothing' {
  const has = hooks.size > 0 || [...steps.values()].some(({ offeredAt }) => offeredAt !== undefined);
  return has ? 'something' : 'nothing';
}

/** The steps that events offer; undefined for none. */
function offersOf(
  held: HeldRun,
  { steps }: Projection,
  events: readonly Event[],
): readonly object[] | undefined {
  const offers: object[] = [];
  for (const event of events) {
    if (event.eventType !== 'step_offered') continue;
    const id = event.correlationId!;
    const { stepName, attempt } = steps.get(id)!;
    const created = held.known.createdVersion(id);
    const { failures } = event.eventData;
    offers.push({ id, name: toColumn(stepName), created, failures, attempt, at: event.createdAt });
  }
  return offers.length > 0 ? offers : undefined;
}

/** The tokens that events take and free, in order; undefined for none. */
function tokensOf(projection: Projection, events: readonly Event[]): readonly object[] | undefined {
  const tokens: object[] = [];
  const taken = new Map<string, string>();
  for (const event of events) {
    const id = event.correlationId ?? '';
    if (event.eventType === 'hook_created') {
      const { token, retainMs } = event.eventData;
      taken.set(id, token);
      tokens.push({
        token: digestOf(token),
        id,
        v: event.version,
        until: retainMs === undefined ? undefined : event.createdAt + retainMs,
      });
    } else if (event.eventType === 'hook_disposed') {
      const hook = projection.hooks.get(id);
      const token = hook ? hook.token : taken.get(id);
      if (token !== undefined && hook?.status !== 'conflict')
        tokens.push({ token: digestOf(token), free: true });
    }
  }
  return tokens.length > 0 ? tokens : undefined;
}
