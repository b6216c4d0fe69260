/**
 * A sketch: a small workflow as data. `print.ts` writes it down as source, `allowed.ts` knows every answer it may give.
 *
 * Every statement changes the one variable `v`, and does so in a way that does not commute, so that a result which is
 * lost, repeated, swapped or out of order changes the answer. Sites number the places of a sketch.
 */

/** How a step ends: `failures` attempts fail first, `always` all of them do. Its retry policy allows `retries`. */
export interface StepPlan {
  readonly site: number;
  readonly failures: number | 'always';
  readonly how: 'error' | 'retryable' | 'fatal';
  readonly retries: number;
}

export type HookUse =
  /** `v = mix(v, await hook)` */
  | { readonly kind: 'next' }
  /** `receive` with a timeout: a payload or nothing. */
  | { readonly kind: 'timed'; readonly ms: number }
  /** `for await` over so many payloads. */
  | { readonly kind: 'each'; readonly payloads: number; readonly body: Block }
  | { readonly kind: 'body'; readonly body: Block }
  /** A second hook with the same token, awaited. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'dispose' };

export type Statement =
  /** `stamped` steps get the time and a random number, `nested` ones close over a variable, nobody awaits `dropped` ones. */
  | {
      readonly kind: 'step';
      readonly step: StepPlan;
      readonly form: 'plain' | 'stamped' | 'nested' | 'dropped';
    }
  /** Two steps at once, awaited one after the other: the second may fail while the first is awaited. */
  | {
      readonly kind: 'overlap';
      readonly first: StepPlan;
      readonly second: StepPlan;
      readonly between: Block;
    }
  | {
      readonly kind: 'parallel';
      readonly how: 'all' | 'allSettled' | 'race' | 'any';
      readonly branches: readonly Block[];
    }
  /** By the value, or by `Math.random()`. */
  | {
      readonly kind: 'choice';
      readonly by: 'value' | 'random';
      readonly modulus: number;
      readonly yes: Block;
      readonly no: Block;
    }
  /** `exit`: leaves the loop when `v` is a multiple of it. */
  | {
      readonly kind: 'loop';
      readonly site: number;
      readonly times: number;
      readonly exit: number;
      readonly body: Block;
    }
  /** A loop that the results of a step end. */
  | { readonly kind: 'countdown'; readonly site: number; readonly from: number; readonly body: Block }
  | {
      readonly kind: 'attempt';
      readonly body: Block;
      readonly rescue?: Block | undefined;
      readonly last?: Block | undefined;
    }
  | { readonly kind: 'throw'; readonly code: number; readonly fatal: 'fatal' | 'plain' }
  | { readonly kind: 'return' }
  /** `woken` sleeps last an hour, unless somebody outside ends them. */
  | { readonly kind: 'sleep'; readonly ms: number; readonly form: 'for' | 'until' | 'woken' }
  /** A step that aborts a controller it was given, or sets an attribute of its run, before it comes to its end. */
  | { readonly kind: 'told'; readonly step: StepPlan; readonly what: 'abort' | 'attribute' }
  /** Steps raced again and again until all are done. */
  | { readonly kind: 'drain'; readonly site: number; readonly width: number }
  | {
      readonly kind: 'hook';
      readonly site: number;
      readonly form: 'using' | 'plain';
      readonly uses: readonly HookUse[];
    }
  | {
      readonly kind: 'child';
      readonly site: number;
      readonly child: Sketch;
      readonly how: 'await' | 'cancel' | 'leave';
    }
  | { readonly kind: 'attribute'; readonly site: number }
  /** A step that waits for its signal and gives up after `patience` ms; aborted after the body. */
  | { readonly kind: 'abort'; readonly site: number; readonly patience: number; readonly body: Block }
  /** `v` changes by whether time went backwards. */
  | { readonly kind: 'clock'; readonly body: Block };

export type Block = readonly Statement[];

export interface Sketch {
  readonly name: string;
  readonly start: number;
  readonly body: Block;
  /** Cancelled from outside once its history has so many events. */
  readonly cancelAt?: number | undefined;
}

/** Payloads that are sent to a hook: enough for every use. */
export function payloadsOf(uses: readonly HookUse[]): number {
  return uses.reduce((sum, use) => {
    if (use.kind === 'each') return sum + use.payloads;
    return sum + (use.kind === 'next' || use.kind === 'timed' ? 1 : 0);
  }, 0);
}

/** The payload at a place of what a hook is sent. */
export function payloadAt(site: number, index: number): number {
  return site * 100 + index;
}

/** The blocks of a statement. */
export function blocksOf(statement: Statement): readonly Block[] {
  switch (statement.kind) {
    case 'overlap':
      return [statement.between];
    case 'parallel':
      return statement.branches;
    case 'choice':
      return [statement.yes, statement.no];
    case 'loop':
    case 'countdown':
    case 'abort':
    case 'clock':
      return [statement.body];
    case 'attempt':
      return [statement.body, statement.rescue ?? [], statement.last ?? []];
    case 'hook':
      return statement.uses.flatMap((use) => ('body' in use ? [use.body] : []));
    default:
      return [];
  }
}

/** Every statement of a block, inner ones too, those of children not. */
export function* statementsOf(block: Block): Generator<Statement> {
  for (const statement of block) {
    yield statement;
    for (const inner of blocksOf(statement)) yield* statementsOf(inner);
  }
}

/** The sketch and the children it starts. */
export function* familyOf(sketch: Sketch): Generator<Sketch> {
  yield sketch;
  for (const statement of statementsOf(sketch.body)) {
    if (statement.kind === 'child') yield* familyOf(statement.child);
  }
}
