/**
 * Builds one stage: turns what is new for a run into events, each consumed by the Execution as it is recorded.
 *
 * Owns the Execution for the session and rebuilds it when it was dropped, from the history and the events staged
 * so far; nothing here depends on whether it was resident (E6).
 */
import { type Event, eventIdOf } from '@perdure/world';
import { outcomeEvent } from './attempt-outcome.ts';
import { ChildWatch } from './child-watch.ts';
import { type Command, toEvent } from './command.ts';
import type { Engine } from './engine.ts';
import { Execution, surroundings } from './execution.ts';
import { HydrationCache } from './hydration-cache.ts';
import { childKey } from './lifecycle.ts';
import { moveIn, programOf } from './program-of.ts';
import { replay } from './replay.ts';
import { type Arrival, type Head, Stage } from './stage.ts';
import { StepConsumer } from './step-consumer.ts';
import { StepStarts } from './step-starts.ts';

export class StageBuilder {
  readonly #engine: Engine;
  readonly #runId: string;
  readonly #consumer: StepConsumer;
  readonly #cache: HydrationCache | undefined;
  /** Tokens that hooks of this stage could not have, by correlation id. */
  readonly #conflicts = new Map<string, { readonly token: string; readonly ownerRunId: string }>();
  #stage: Stage = new Stage([]);
  #tail = 0;
  readonly #starts: StepStarts;
  readonly #children: ChildWatch;

  constructor(engine: Engine, runId: string) {
    this.#engine = engine;
    this.#runId = runId;
    this.#children = new ChildWatch(engine);
    this.#starts = new StepStarts(engine, { record: (make) => this.#record(make), stage: () => this.#stage });
    const { envelope, counters } = engine;
    // The cache lives as long as the claim: longer than the Executions of the run, never shared between runs.
    this.#cache = engine.hydrationCache === 'on' ? new HydrationCache() : undefined;
    this.#consumer = new StepConsumer({ envelope, counters, cache: this.#cache });
  }

  /** The last version known to be durable. */
  get tail(): number {
    return this.#tail;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** The time for a new event: never before the last one's. */
  now(execution: Execution): number {
    return Math.max(this.#engine.clock(), execution.lastTime);
  }

  /** Feeds the Execution what others wrote; `news` says that there may be some. */
  async catchUp(news: 'news' | 'none'): Promise<void> {
    const { resident: residents, world } = this.#engine;
    const resident = residents.get(this.#runId);
    if (!resident) {
      this.#tail = Number.POSITIVE_INFINITY;
      this.#tail = (await this.execution()).version;
    } else if (news === 'news' || this.#tail === 0) {
      residents.keep(this.#runId, resident);
      const { turns } = resident;
      const missed = await world.runs.history(this.#runId, { after: resident.version });
      if (moveIn(missed) !== undefined) {
        residents.drop(this.#runId);
        return this.catchUp('news');
      }
      replay(resident, missed);
      this.#tail = resident.version;
      if (resident.turns > turns) residents.turned(this.#runId);
    }
  }

  /** The stage became durable up to a version; what it holds is handed out for acting. */
  accept(version: number): Stage {
    const stage = this.#stage;
    this.#tail = version;
    this.#conflicts.clear();
    this.#stage = new Stage([]);
    return stage;
  }

  /** Forgets a stage that did not become durable, and gives back what arrived from outside the Execution. */
  refuse(): readonly Arrival[] {
    const { events, arrivals, starts } = this.#stage;
    if (events.length > 0) this.drop();
    for (const { eventId } of events) this.#cache?.forget(eventId);
    for (const _ of starts) this.#engine.slots.give();
    this.#stage = new Stage([]);
    this.#starts.seekInterrupted();
    return arrivals;
  }

  /** The hook of a command cannot have its token: the next stage records the conflict instead. */
  noteConflict(correlationId: string, token: string, ownerRunId: string): void {
    this.#conflicts.set(correlationId, { token, ownerRunId });
  }

  /**
   * Who has the token that a command wants: this run, as its history says, or another one that the World has named.
   *
   * What comes in between may give the same id to another hook: the World's word counts for its token only.
   */
  #tokenOwner({ kind, id, name }: Command, { open }: Execution): string | undefined {
    if (kind !== 'create-hook') return undefined;
    if (open.hasToken(name)) return this.#runId;
    const conflict = this.#conflicts.get(id);
    return conflict?.token === name && conflict.ownerRunId !== this.#runId ? conflict.ownerRunId : undefined;
  }

  drop(): void {
    this.#engine.resident.drop(this.#runId);
  }

  /** The Execution at the end of the stage: the resident one, or one rebuilt from history and stage. */
  async execution(): Promise<Execution> {
    const resident = this.#engine.resident.get(this.#runId);
    if (resident) return resident;
    const { world, programs, counters } = this.#engine;
    const history = (await world.runs.history(this.#runId)).filter(({ version }) => version <= this.#tail);
    const program = await programs.get(programOf(history));
    const execution = new Execution({ program, consumer: this.#consumer, ...surroundings(this.#engine) });
    counters.replays += 1;
    replay(execution, history);
    replay(execution, this.#stage.events);
    this.#engine.resident.keep(this.#runId, execution);
    return execution;
  }

  /** Records everything that is due now. `inFlight` names steps whose attempt runs here; `starts` says whether more may. */
  async build(
    arrivals: readonly Arrival[],
    inFlight: { has(stepId: string): boolean },
    starts: 'start' | 'hold',
  ): Promise<Execution> {
    this.#stage = new Stage(arrivals);
    let execution = await this.execution();
    if (execution.ended) return execution;
    const { publicUrl } = this.#engine;
    if (execution.paused)
      await this.#record((head) => ({ ...head, eventType: 'run_resumed', eventData: {} }));
    if (!execution.started)
      await this.#record((head) => ({ ...head, eventType: 'run_started', eventData: { publicUrl } }));
    await this.#recordCommands();
    for (const arrival of arrivals) await this.#recordArrival(arrival);
    await this.#recordTimers(starts);
    await this.#recordChildren();
    execution = await this.execution();
    if (!execution.ended && starts === 'start') {
      await this.#starts.interrupted(execution, inFlight);
      await this.#starts.ready(execution, 'running');
    }
    return this.execution();
  }

  async #recordArrival({ attempt, outcome }: Arrival): Promise<void> {
    if (outcome.kind === 'unreadable') throw outcome.error;
    const { ended } = await this.execution();
    if (ended) return;
    await this.#record((head) => outcomeEvent(attempt, outcome, head, this.#engine.envelope));
    await this.#recordCommands();
  }

  async #recordTimers(starts: 'start' | 'hold'): Promise<void> {
    for (;;) {
      const execution = await this.execution();
      const timer = execution.ended ? undefined : execution.open.nextTimer();
      if (!timer || timer.at > this.now(execution)) return;
      const step = execution.open.steps.get(timer.id);
      if (step) {
        if (starts === 'hold') return;
        await this.#starts.again(step, execution);
      } else {
        const correlationId = timer.id;
        await this.#record((head) => ({
          ...head,
          eventType: 'wait_completed',
          correlationId,
          eventData: {},
        }));
        await this.#recordCommands();
      }
    }
  }

  /** Children that ended without their news having come. */
  async #recordChildren(): Promise<void> {
    const execution = await this.execution();
    if (execution.ended || execution.open.children.size === 0) return;
    for (const eventData of await this.#children.ended(execution, this.now(execution))) {
      await this.#record((head) => ({
        ...head,
        eventType: 'child_completed',
        key: childKey(eventData.childRunId),
        eventData,
      }));
      await this.#recordCommands();
      if ((await this.execution()).ended) return;
    }
  }

  /** When the run is due next for time alone: its next timer, or its next look at children. */
  nextDueAt(execution: Execution): number | null {
    const timer = execution.open.nextTimer()?.at ?? Number.POSITIVE_INFINITY;
    const look = execution.open.children.size > 0 ? this.#children.nextLookAt : Number.POSITIVE_INFINITY;
    const next = Math.min(timer, look, this.#starts.restartAt);
    return next === Number.POSITIVE_INFINITY ? null : next;
  }

  /** Records what the program asks for, until it asks for nothing more. */
  async #recordCommands(): Promise<void> {
    for (;;) {
      const execution = await this.execution();
      const command = execution.nextPending;
      if (!command || execution.ended) return;
      const ends = command.kind === 'complete-run' || command.kind === 'fail-run';
      // A step requested before the end still gets its attempt, and no event may follow the end.
      if (ends && execution.open.hasReady) await this.#starts.ready(execution, 'ending');
      const ownerRunId = this.#tokenOwner(command, execution);
      await this.#record((head) => {
        if (ownerRunId === undefined) return toEvent(command, head, this.#engine.envelope);
        const eventData = { token: command.name, ownerRunId };
        return { ...head, eventType: 'hook_conflict', correlationId: command.id, eventData };
      });
    }
  }

  /** Adds one event to the stage, consumed by the Execution. */
  async #record(make: (head: Head) => Event): Promise<void> {
    const execution = await this.execution();
    const version = execution.version + 1;
    const event = make({
      runId: this.#runId,
      eventId: eventIdOf(version),
      version,
      createdAt: this.now(execution),
    });
    const { turns } = execution;
    execution.advance(event);
    this.#stage.events.push(event);
    this.#stage.logs.push(...execution.takeLogs());
    if (execution.turns > turns) this.#engine.resident.turned(this.#runId);
  }
}
