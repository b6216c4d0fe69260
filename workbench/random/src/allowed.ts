/**
 * The answers that a sketch may give, computed from the sketch alone: no source, no compiler, no engine, no clock.
 *
 * What the order of events decides gives every possibility: each branch of a race, a payload or none before a timeout,
 * both sides of a coin. Branches share nothing, so their possibilities multiply.
 */
import { mix } from '../../chaos/src/plan.ts';
import { type Block, type HookUse, payloadAt, type Sketch, type Statement, type StepPlan } from './sketch.ts';

/** How a run ended: `fulfilled` with a value, `rejected` with the code of an error, or `cancelled`. */
export interface Answer {
  readonly kind: 'fulfilled' | 'rejected' | 'cancelled';
  readonly value: number;
}

/** What errors count as; other errors count as the number in their message. */
export const errorCodes = {
  FatalError: 101,
  HookConflictError: 102,
  ContextError: 103,
  WorkflowRunFailedError: 104,
  WorkflowRunCancelledError: 105,
  AggregateError: 106,
} as const;

/** A sketch whose answers are too many to list. */
export class TooManyAnswers extends Error {}

const endsMost = 300;
/** Statements looked at for one sketch; a loop over many possibilities looks at its body for each. */
const looksMost = 20_000;
let looks = 0;

/** How a block may end; `v` is the variable then, `code` what was thrown or returned. */
interface End {
  readonly kind: 'on' | 'broken' | 'returned' | 'thrown';
  readonly v: number;
  readonly code: number;
}

const on = (v: number): End => ({ kind: 'on', v, code: 0 });
const thrown = (v: number, code: number): End => ({ kind: 'thrown', v, code });

export function keyOf({ kind, value }: Answer): string {
  return `${kind} ${value}`;
}

/** By key. Throws `TooManyAnswers`. */
export function allowedAnswers(sketch: Sketch, start: number = sketch.start): ReadonlyMap<string, Answer> {
  looks = 0;
  const answers = settled(sketch.body, start);
  return new Map(answers.map((answer) => [keyOf(answer), answer]));
}

/** A block as a function of its own, as branches and workflows are. */
function settled(block: Block, v: number): Answer[] {
  const ends = endsOf(block, v);
  const answers = ends.map(
    ({ kind, v: value, code }): Answer => ({
      kind: kind === 'thrown' ? 'rejected' : 'fulfilled',
      value: kind === 'on' ? value : code,
    }),
  );
  return [...new Map(answers.map((answer) => [keyOf(answer), answer])).values()];
}

function distinct(ends: readonly End[]): End[] {
  const all = new Map(ends.map((end) => [`${end.kind} ${end.v} ${end.code}`, end]));
  if (all.size > endsMost) throw new TooManyAnswers(`more than ${endsMost}`);
  return [...all.values()];
}

/** What goes on goes through `next`; other ends stay. */
function then(ends: readonly End[], next: (v: number) => readonly End[]): End[] {
  return distinct(ends.flatMap((end) => (end.kind === 'on' ? next(end.v) : [end])));
}

function endsOf(block: Block, v: number): End[] {
  return block.reduce<End[]>(
    (ends, statement) => then(ends, (at) => endsOfStatement(statement, at)),
    [on(v)],
  );
}

function stepEnd({ site, failures }: StepPlan, v: number): End {
  return failures === 'always' ? thrown(v, errorCodes.FatalError) : on(mix(v, site));
}

function endsOfStatement(statement: Statement, v: number): End[] {
  looks += 1;
  if (looks > looksMost) throw new TooManyAnswers(`more than ${looksMost} looks`);
  switch (statement.kind) {
    case 'step':
      return statement.form === 'dropped' ? [on(v)] : [stepEnd(statement.step, v)];
    case 'overlap':
      return overlap(statement, v);
    case 'parallel':
      return parallel(statement, v);
    case 'choice': {
      const { by, modulus } = statement;
      const sides = {
        yes: () => endsOf(statement.yes, v),
        no: () => endsOf(statement.no, v),
      };
      if (by === 'random') return distinct([...sides.yes(), ...sides.no()]);
      return v % modulus === 0 ? sides.yes() : sides.no();
    }
    case 'loop':
      return loop(statement, v);
    case 'countdown':
      return countdown(statement, v);
    case 'attempt':
      return attempt(statement, v);
    case 'throw':
      return [thrown(v, statement.fatal === 'fatal' ? errorCodes.FatalError : statement.code)];
    case 'return':
      return [{ kind: 'returned', v, code: v }];
    case 'sleep':
      return [on(v)];
    case 'hook':
      return hook(statement.site, statement.uses, v);
    case 'child':
      return child(statement, v);
    case 'attribute':
      return [on(mix(v, v % 1_000))];
    case 'told': {
      const end = stepEnd(statement.step, v);
      if (end.kind === 'thrown') return [end];
      return [on(mix(end.v, statement.what === 'abort' ? 1 : v % 1_000))];
    }
    case 'drain':
      return distinct(
        ordersOf(Array.from({ length: statement.width }, (_, i) => i)).map((order) =>
          on(order.reduce((at, i) => mix(at, mix(mix(v, i), statement.site)), v)),
        ),
      );
    case 'abort':
      return then(endsOf(statement.body, v), (at) => [
        on(mix(at, mix(v, statement.site))),
        on(mix(at, mix(v, statement.site + 1))),
      ]);
    case 'clock':
      return then(endsOf(statement.body, v), (at) => [on(mix(at, 1))]);
  }
}

function ordersOf(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => ordersOf(items.toSpliced(at, 1)).map((order) => [item, ...order]));
}

/** `await a; await b`: `b` may have failed first, `a` is still what throws. */
function overlap({ first, second, between }: Extract<Statement, { kind: 'overlap' }>, v: number): End[] {
  return then(endsOf(between, v), (at) => {
    const a = stepEnd(first, v);
    if (a.kind === 'thrown') return [thrown(at, a.code)];
    const b = stepEnd(second, v);
    return [b.kind === 'thrown' ? thrown(at, b.code) : on(mix(mix(at, a.v), b.v))];
  });
}

function parallel({ how, branches }: Extract<Statement, { kind: 'parallel' }>, v: number): End[] {
  const answers = branches.map((branch) => settled(branch, v));
  const fulfilled = answers.map((some) => some.filter(({ kind }) => kind === 'fulfilled'));
  const rejections = answers.flat().filter(({ kind }) => kind === 'rejected');
  const failures = rejections.map(({ value }) => thrown(v, value));
  const ones = fulfilled.flat().map(({ value }) => on(value));
  switch (how) {
    case 'all':
      return distinct([...products(fulfilled), ...failures]);
    case 'allSettled':
      return products(answers);
    case 'race':
      return distinct([...ones, ...failures]);
    case 'any': {
      const mayFail = answers.every((some) => some.some(({ kind }) => kind === 'rejected'));
      return distinct([...ones, ...(mayFail ? [thrown(v, errorCodes.AggregateError)] : [])]);
    }
  }
}

/** One answer of each, mixed in order: `results.reduce(mix)`. */
function products(answers: readonly (readonly Answer[])[]): End[] {
  const [first = [], ...others] = answers.map((some) => some.map(({ value }) => on(value)));
  return others.reduce<End[]>(
    (ends, some) => then(ends, (at) => some.map(({ v }) => on(mix(at, v)))),
    distinct(first),
  );
}

function loop({ times, exit, body }: Extract<Statement, { kind: 'loop' }>, v: number): End[] {
  let ends: End[] = [on(v)];
  for (let i = 0; i < times; i += 1) {
    ends = then(ends, (at) =>
      then(endsOf(body, mix(at, i)), (after) => [
        after % exit === 0 ? { ...on(after), kind: 'broken' } : on(after),
      ]),
    );
  }
  return distinct(ends.map((end) => (end.kind === 'broken' ? on(end.v) : end)));
}

function countdown({ from, body }: Extract<Statement, { kind: 'countdown' }>, v: number): End[] {
  let ends: End[] = [on(v)];
  for (let left = from - 1; left >= 0; left -= 1) ends = then(ends, (at) => endsOf(body, mix(at, left)));
  return ends;
}

function attempt({ body, rescue, last }: Extract<Statement, { kind: 'attempt' }>, v: number): End[] {
  const tried = endsOf(body, v);
  const rescued = rescue
    ? distinct(tried.flatMap((end) => (end.kind === 'thrown' ? endsOf(rescue, mix(end.v, end.code)) : [end])))
    : tried;
  if (!last) return rescued;
  return distinct(
    rescued.flatMap((end) =>
      endsOf(last, end.v).map((after): End => {
        // What was returned or thrown stays, the variable is as `finally` left it.
        return after.kind === 'on' ? { ...end, v: after.v } : after;
      }),
    ),
  );
}

/** What a hook's payloads so far are; `disposed` ones may still give what had come before. */
interface HookState {
  readonly taken: number;
  readonly disposed: 'no' | 'yes';
}

function hook(site: number, uses: readonly HookUse[], v: number): End[] {
  let states: { end: End; state: HookState }[] = [{ end: on(v), state: { taken: 0, disposed: 'no' } }];
  for (const use of uses) {
    states = states.flatMap(({ end, state }) =>
      end.kind === 'on' ? useHook(site, use, { v: end.v, state }) : [{ end, state }],
    );
    const all = states.map((one) => [`${Object.values(one.end)} ${Object.values(one.state)}`, one] as const);
    states = [...new Map(all).values()];
    if (states.length > endsMost) throw new TooManyAnswers('of a hook');
  }
  return distinct(states.map(({ end }) => end));
}

function useHook(
  site: number,
  use: HookUse,
  { v, state }: { v: number; state: HookState },
): { end: End; state: HookState }[] {
  const { taken, disposed } = state;
  const more = { ...state, taken: taken + 1 };
  const payload = { end: on(mix(v, payloadAt(site, taken))), state: more };
  const gone = { end: thrown(v, errorCodes.ContextError), state };
  switch (use.kind) {
    case 'next':
      return disposed === 'yes' ? [payload, gone] : [payload];
    case 'timed':
      return [payload, { end: on(mix(v, 3)), state }, ...(disposed === 'yes' ? [gone] : [])];
    case 'body':
      return endsOf(use.body, v).map((end) => ({ end, state }));
    case 'conflict':
      // A token that was given back is free, for the second hook, whose payloads nobody sends: it is disposed at once.
      return disposed === 'yes' ? [{ end: on(mix(v, 5)), state }] : [{ end: on(mix(v, 4)), state }];
    case 'dispose':
      return [{ end: on(v), state: { ...state, disposed: 'yes' } }];
    case 'each':
      return each(site, use, { v, state });
  }
}

function each(
  site: number,
  { payloads, body }: Extract<HookUse, { kind: 'each' }>,
  { v, state }: { v: number; state: HookState },
): { end: End; state: HookState }[] {
  const ended: { end: End; state: HookState }[] = [];
  let going = [{ v, state }];
  for (let i = 0; i < payloads; i += 1) {
    // The loop over a disposed hook ends when nothing is queued any more.
    for (const one of going)
      if (one.state.disposed === 'yes') ended.push({ end: on(one.v), state: one.state });
    going = going.flatMap((one) => {
      const next = { ...one.state, taken: one.state.taken + 1 };
      const ends = endsOf(body, mix(one.v, payloadAt(site, one.state.taken)));
      ended.push(...ends.filter(({ kind }) => kind !== 'on').map((end) => ({ end, state: next })));
      return ends.filter(({ kind }) => kind === 'on').map((end) => ({ v: end.v, state: next }));
    });
  }
  return [...ended, ...going.map((one) => ({ end: on(one.v), state: one.state }))];
}

function child({ child: sketch, how }: Extract<Statement, { kind: 'child' }>, v: number): End[] {
  if (how === 'leave') return [on(v)];
  const answers = settled(sketch.body, v);
  const ends = answers.map(({ kind, value }) =>
    kind === 'fulfilled' ? on(mix(v, value)) : thrown(v, errorCodes.WorkflowRunFailedError),
  );
  if (how === 'cancel') ends.push(thrown(v, errorCodes.WorkflowRunCancelledError));
  return distinct(ends);
}
