/** Makes a sketch smaller while it still fails. */
import { type Block, familyOf, type HookUse, type Sketch, type Statement, statementsOf } from './sketch.ts';

/** Names of the sketches that fail, of some that are played together. */
export type Failing = (sketches: readonly Sketch[]) => Promise<ReadonlySet<string>>;

const togetherMost = 40;

/** A sketch from which nothing can be taken without the failure going, as far as `failing` can tell. */
export async function shrink(sketch: Sketch, failing: Failing): Promise<Sketch> {
  for (let smallest = sketch; ; ) {
    const smaller = await smallestFailing(smallest, failing);
    if (!smaller) return smallest;
    smallest = renamed(smaller, sketch.name);
  }
}

async function smallestFailing(sketch: Sketch, failing: Failing): Promise<Sketch | undefined> {
  const candidates = smallerThan(sketch)
    .toSorted((one, other) => sizeOf(one) - sizeOf(other))
    .map((one, i) => renamed(one, `${sketch.name}x${i}`));
  for (let at = 0; at < candidates.length; at += togetherMost) {
    const some = candidates.slice(at, at + togetherMost);
    const failed = await failing(some);
    const first = some.find(({ name }) => failed.has(name));
    if (first) return first;
  }
  return undefined;
}

/** How much there is to read. */
export function sizeOf(sketch: Sketch): number {
  const statements = [...familyOf(sketch)].flatMap(({ body }) => [...statementsOf(body)]);
  const uses = statements.flatMap((one) => (one.kind === 'hook' ? one.uses : []));
  return statements.length * 2 + uses.length + (sketch.cancelAt === undefined ? 0 : 1);
}

/** The sketch under another name; its children are named after it. */
export function renamed(sketch: Sketch, name: string): Sketch {
  const statement = (one: Statement): Statement => {
    if (one.kind !== 'child') return withBlocks(one, (block) => block.map(statement));
    return { ...one, child: renamed(one.child, `${name}c${one.site}`) };
  };
  return { ...sketch, name, body: sketch.body.map(statement) };
}

/** Sketches with one thing less. */
export function smallerThan(sketch: Sketch): Sketch[] {
  const bodies = smallerBlocks(sketch.body).map((body) => ({ ...sketch, body }));
  return sketch.cancelAt === undefined ? bodies : [{ ...sketch, cancelAt: undefined }, ...bodies];
}

function smallerBlocks(block: Block): Block[] {
  return block.flatMap((statement, at) => [
    block.toSpliced(at, 1),
    ...smallerStatements(statement).map((smaller) => block.toSpliced(at, 1, ...smaller)),
  ]);
}

/** What may stand in a statement's place: its blocks, or itself with something less. */
function smallerStatements(statement: Statement): Block[] {
  switch (statement.kind) {
    case 'parallel': {
      const { branches } = statement;
      const fewer =
        branches.length > 2
          ? branches.map((_, at) => [{ ...statement, branches: branches.toSpliced(at, 1) }])
          : [];
      return [...fewer, ...inside(statement)];
    }
    case 'attempt': {
      const { rescue, last, body } = statement;
      const single: Block[] =
        rescue && last ? [[{ kind: 'attempt', body, rescue }], [{ kind: 'attempt', body, last }]] : [];
      return [body, ...single, ...inside(statement)];
    }
    case 'loop':
      return [
        statement.body,
        ...(statement.times > 1 ? [[{ ...statement, times: 1 }]] : []),
        ...inside(statement),
      ];
    case 'countdown':
      return [
        statement.body,
        ...(statement.from > 1 ? [[{ ...statement, from: 1 }]] : []),
        ...inside(statement),
      ];
    case 'choice':
      return [statement.yes, statement.no, ...inside(statement)];
    case 'overlap':
      return [statement.between, ...inside(statement)];
    case 'abort':
    case 'clock':
      return [statement.body, ...inside(statement)];
    case 'hook':
      return smallerUses(statement.uses).map((uses) => [{ ...statement, uses }]);
    case 'child':
      return smallerThan(statement.child).map((child) => [{ ...statement, child }]);
    case 'step':
      return statement.form === 'plain' ? [] : [[{ ...statement, form: 'plain' }]];
    default:
      return [];
  }
}

function smallerUses(uses: readonly HookUse[]): (readonly HookUse[])[] {
  return uses.flatMap((use, at) => [
    uses.toSpliced(at, 1),
    ...('body' in use ? smallerBlocks(use.body).map((body) => uses.toSpliced(at, 1, { ...use, body })) : []),
  ]);
}

/** The statement with one of its blocks made smaller. */
function inside(statement: Statement): Block[] {
  const count = countBlocks(statement);
  return Array.from({ length: count }, (_, target) => {
    let original: Block = [];
    let seen = 0;
    withBlocks(statement, (block) => {
      if (seen++ === target) original = block;
      return block;
    });
    return smallerBlocks(original).map((smaller) => {
      let at = 0;
      return [withBlocks(statement, (block) => (at++ === target ? smaller : block))];
    });
  }).flat();
}

function countBlocks(statement: Statement): number {
  let count = 0;
  withBlocks(statement, (block) => {
    count += 1;
    return block;
  });
  return count;
}

/** The statement with other blocks in the places of its own. */
function withBlocks(statement: Statement, change: (block: Block) => Block): Statement {
  switch (statement.kind) {
    case 'overlap':
      return { ...statement, between: change(statement.between) };
    case 'parallel':
      return { ...statement, branches: statement.branches.map(change) };
    case 'choice':
      return { ...statement, yes: change(statement.yes), no: change(statement.no) };
    case 'loop':
    case 'countdown':
    case 'abort':
    case 'clock':
      return { ...statement, body: change(statement.body) };
    case 'attempt': {
      const { body, rescue, last } = statement;
      return {
        ...statement,
        body: change(body),
        ...(rescue ? { rescue: change(rescue) } : {}),
        ...(last ? { last: change(last) } : {}),
      };
    }
    case 'hook':
      return {
        ...statement,
        uses: statement.uses.map((use) => ('body' in use ? { ...use, body: change(use.body) } : use)),
      };
    default:
      return statement;
  }
}
