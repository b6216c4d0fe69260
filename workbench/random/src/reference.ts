/**
 * What a history must hold, found out without the engine: the source of a sketch runs as plain JavaScript, over a
 * dozen lines for each thing a workflow can use, and is fed the outcomes that the history has, in its order.
 *
 * From the history it takes what only the history can know: the order of events, their times, the seed, and the choice
 * between an aborted and a patient step. Everything else it computes: which step completes or fails and with what, the
 * payload of a hook, ids, arguments, tokens, random numbers, the answer. An engine that hands an outcome to the wrong
 * step, or in another order than it recorded, replays its own mistake faithfully; here it shows.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Event, EventOf } from '@perdure/world';
import { type Answer, keyOf } from './allowed.ts';
import type { BodyPlan } from './bodies.ts';
import { answerOf, codeOf, inputOf, opened } from './opened.ts';
import { sourceOf } from './print.ts';
import { type Asked, unlike } from './recorded.ts';
import { ReferenceHook, ReferenceSignal } from './reference-channels.ts';
import { ReferenceChildren } from './reference-children.ts';
import { type Expected, outcomeOf, unlikeOutcome } from './reference-outcome.ts';
import { randomOf } from './reference-random.ts';
import { payloadAt, type Sketch } from './sketch.ts';

interface Waiting {
  readonly expected?: Expected;
  settle(event: Event, value: unknown): void;
}

/** Everything in which a history differs from what plain JavaScript makes of it. */
export async function differencesFrom(sketch: Sketch, history: readonly Event[]): Promise<string[]> {
  const reference = new Reference(sketch, history[0] as EventOf<'run_created'>);
  for (const event of history.slice(1)) {
    const problem = await reference.advance(event);
    if (problem) return [`at version ${event.version} ${problem}`];
  }
  return reference.unlikeAnswer(answerOf(history));
}

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Reference {
  readonly #sketch: Sketch;
  readonly #created: EventOf<'run_created'>;
  readonly #base: string;
  readonly #asked: Asked[] = [];
  readonly #waiting = new Map<string, Waiting>();
  readonly #children = new ReferenceChildren();
  readonly #hooks = new Map<string, { readonly site: number; taken: number }>();
  readonly #signals = new Map<string, ReferenceSignal>();
  readonly #attributes = new Map<string, string>();
  #time: number;
  #sequence = 0;
  #answer: Answer | undefined;

  constructor(sketch: Sketch, created: EventOf<'run_created'>) {
    this.#sketch = sketch;
    this.#created = created;
    this.#base = created.runId.slice(created.runId.lastIndexOf('_') + 1);
    this.#time = created.createdAt;
    for (const [key, value] of Object.entries(created.eventData.attributes ?? {}))
      this.#attributes.set(key, value);
  }

  /** Consumes an event; answers with how it differs from what is expected. */
  async advance(event: Event): Promise<string | undefined> {
    const asked = unlike(event, () => this.#asked.shift());
    if (asked) return asked;
    const problem = this.#deliver(event);
    if (problem) return problem;
    await macrotask();
    return undefined;
  }

  /** The end, when the run has one of its own. */
  unlikeAnswer(answer: Answer | undefined): string[] {
    if (answer?.kind === 'cancelled' || isDeepStrictEqual(answer, this.#answer)) return [];
    const answers = [answer, this.#answer].map((one) => (one ? keyOf(one) : 'none'));
    return [`its answer is ${answers[0]}, plain JavaScript makes ${answers[1]} of it`];
  }

  /** Gives an event to the program. The clock stands at the last event that was given. */
  #deliver(event: Event): string | undefined {
    const { runId } = event;
    const id = event.correlationId ?? '';
    switch (event.eventType) {
      case 'run_started':
        this.#time = event.createdAt;
        void this.#run();
        return undefined;
      case 'step_completed':
        return this.#settle(event, opened(event.eventData.output, runId, `${id}/output`));
      case 'step_failed':
        return this.#settle(event, opened(event.eventData.error, runId, `${id}/error`));
      case 'wait_completed':
      case 'hook_created':
      case 'hook_conflict':
        return this.#settle(event, undefined);
      case 'hook_received': {
        const value = opened(event.eventData.payload, runId, `${id}/${event.key}`);
        const hook = this.#hooks.get(id)!;
        const expected = payloadAt(hook.site, hook.taken);
        hook.taken += 1;
        if (value !== expected) return `its payload is ${value}, expected ${expected}`;
        return this.#settle(event, value);
      }
      case 'child_completed':
        this.#time = event.createdAt;
        this.#children.end(event);
        return undefined;
      case 'attr_set':
      case 'abort_requested':
        // What a step told; what the program did itself, it knows.
        if (event.key !== undefined) this.#hear(event);
        return undefined;
      default:
        return undefined;
    }
  }

  #hear(event: EventOf<'attr_set'> | EventOf<'abort_requested'>): void {
    this.#time = event.createdAt;
    if (event.eventType === 'abort_requested') this.#signals.get(event.correlationId!)?.abort('told');
    else
      for (const [key, value] of Object.entries(event.eventData.attributes))
        this.#attributes.set(key, value!);
  }

  #settle(event: Event, value: unknown): string | undefined {
    this.#time = event.createdAt;
    const waiting = this.#waiting.get(event.correlationId!);
    if (!waiting) return `nobody waits for ${event.correlationId}`;
    const problem = waiting.expected && unlikeOutcome(event, value, waiting.expected);
    if (problem) return problem;
    waiting.settle(event, value);
    return undefined;
  }

  #nextId(prefix: string): string {
    const id = `${prefix}_${this.#base}_${this.#sequence}`;
    this.#sequence += 1;
    return id;
  }

  async #run(): Promise<void> {
    const [v, tag] = inputOf(this.#created);
    const scope = this.#scope();
    const code = `"use strict";\n${sourceOf([this.#sketch], 'reference').replace(/^export /gm, '')}`;
    const make = new Function(...Object.keys(scope), `${code}\nreturn ${this.#sketch.name};`);
    const workflow = make(...Object.values(scope)) as (v: number, tag: string) => Promise<number>;
    try {
      this.#end({ kind: 'fulfilled', value: await workflow(v, tag) });
    } catch (error) {
      this.#end({ kind: 'rejected', value: codeOf(error) });
    }
  }

  #end(answer: Answer): void {
    this.#answer = answer;
    this.#ask({ type: answer.kind === 'fulfilled' ? 'run_completed' : 'run_failed', id: '', name: '' });
  }

  /** What is asked for after the end goes nowhere. */
  #ask(asked: Asked): void {
    const ended = this.#answer && asked.type !== 'run_completed' && asked.type !== 'run_failed';
    if (!ended) this.#asked.push(asked);
  }

  /** Everything that the source of a sketch names. */
  #scope(): Record<string, unknown> {
    const random = randomOf(this.#created.eventData.seed);
    const reference = this;
    class Clock extends Date {
      static override now(): number {
        return reference.#time;
      }
    }
    class Controller {
      readonly signal = new ReferenceSignal((id) =>
        reference.#ask({ type: 'abort_requested', id, name: '' }),
      );
      abort(): void {
        this.signal.abort('program');
      }
    }
    return {
      step:
        (name: string, plan: BodyPlan, closure?: () => Record<string, unknown>) =>
        (...args: unknown[]) =>
          this.#step(name, { plan, args, closure: closure?.() }),
      sleep: (duration: number | string | Date) => this.#sleep(duration),
      createHook: ({ token }: { token: string }) => this.#hook(token),
      start: (workflow: { name: string }, args: unknown[]) => this.#start(workflow.name, args),
      setAttributes: async (changes: Record<string, string>) => this.#setAttributes(changes),
      getAttributes: async () => Object.fromEntries(this.#attributes),
      FatalError: class extends Error {
        override name = 'FatalError';
      },
      AbortController: Controller,
      Date: Clock,
      Math: { random },
    };
  }

  #wait(id: string, expected?: Expected): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    promise.catch(() => undefined);
    const settle: Waiting['settle'] = ({ eventType }, value) => {
      this.#waiting.delete(id);
      if (eventType === 'step_failed') reject(value);
      else resolve(value);
    };
    this.#waiting.set(id, { ...(expected ? { expected } : {}), settle });
    return promise;
  }

  #step(
    name: string,
    {
      plan,
      args,
      closure,
    }: { plan: BodyPlan; args: unknown[]; closure: Record<string, unknown> | undefined },
  ): Promise<unknown> {
    for (const arg of args) {
      const signal = arg instanceof ReferenceSignal ? arg : (arg as { signal?: unknown } | undefined)?.signal;
      if (signal instanceof ReferenceSignal)
        this.#signals.set(
          signal.cross(() => this.#nextId('abrt')),
          signal,
        );
    }
    const id = this.#nextId('step');
    this.#ask({ type: 'step_created', id, name, args, closure });
    const v = Number(closure ? Object.values(closure)[0] : args[0]);
    return this.#wait(id, outcomeOf(plan, v));
  }

  #builtin(name: string, args: unknown[]): Promise<unknown> {
    const id = this.#nextId('step');
    this.#ask({ type: 'step_created', id, name, args });
    return this.#wait(id);
  }

  #sleep(duration: number | string | Date): Promise<unknown> {
    const id = this.#nextId('wait');
    const resumeAt = (createdAt: number) =>
      duration instanceof Date
        ? duration.getTime()
        : createdAt + (duration === '1h' ? 3_600_000 : Number(duration));
    this.#ask({ type: 'wait_created', id, name: '', resumeAt });
    return this.#wait(id);
  }

  #hook(token: string): ReferenceHook {
    const id = this.#nextId('hook');
    this.#ask({ type: 'hook_created', id, name: token });
    this.#hooks.set(id, { site: Number(token.split(' ').at(-2)), taken: 0 });
    const hook = new ReferenceHook({
      token,
      sleep: (ms) => this.#sleep(ms),
      dispose: () => this.#ask({ type: 'hook_disposed', id, name: '' }),
    });
    const settle: Waiting['settle'] = ({ eventType }, value) => {
      if (eventType === 'hook_conflict') this.#dropDisposal(id);
      hook.settle(eventType, value);
    };
    this.#waiting.set(id, { settle });
    return hook;
  }

  /** A hook without its token has nothing to dispose of. */
  #dropDisposal(id: string): void {
    const at = this.#asked.findIndex((asked) => asked.type === 'hook_disposed' && asked.id === id);
    if (at >= 0) this.#asked.splice(at, 1);
  }

  async #start(workflow: string, args: unknown[]): Promise<unknown> {
    const runId = (await this.#builtin('startRun', [workflow, args, {}])) as string;
    const reference = this;
    return {
      cancel: () => this.#builtin('cancelRun', [runId, undefined]),
      get returnValue(): Promise<unknown> {
        return reference.#children.resultOf(runId, () =>
          reference.#ask({ type: 'child_started', id: reference.#nextId('chld'), name: runId }),
        );
      },
    };
  }

  #setAttributes(changes: Record<string, string>): void {
    for (const [key, value] of Object.entries(changes)) this.#attributes.set(key, value);
    this.#ask({ type: 'attr_set', id: this.#nextId('attr'), name: '', args: [changes] });
  }
}
