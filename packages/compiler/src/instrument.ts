import { decode, encode } from '@jridgewell/sourcemap-codec';
import type { Node, Program } from 'oxc-parser';
import { parseSync } from 'oxc-parser';
import { walk } from 'oxc-walker';
import { isFunction } from './analyze.ts';
import { blockStart } from './edit.ts';
import { type Insertion, insertText, lineStarts, placeOf, shiftMappings, sourceAt } from './insertions.ts';

/** The free name through which the whole program reaches the guest's `tick`. */
export const TICK = '__perdure_tick';

/** What a turn of async code costs against the budget, next to 1 for any other. */
const ASYNC_WEIGHT = 20;

/** A script with its source map's sources and mappings. */
export interface MappedScript {
  code: string;
  mappings: string;
}

/**
 * Makes every loop and function of a bundled program count against the budget of the turn.
 *
 * Works on the finished bundle: one parse, after tree shaking, libraries and all. Code that maps to
 * no source is the compiler's own, and left alone; the guest runtime, which is trusted to end, is no part of it.
 */
export function instrument(script: MappedScript): MappedScript {
  const mappings = decode(script.mappings);
  const starts = lineStarts(script.code);
  const { program } = parseSync('program.js', script.code, { sourceType: 'script' });
  const exempt = (node: Node): boolean => sourceAt(mappings, placeOf(starts, node.start)) === undefined;
  const insertions: Insertion[] = [{ offset: wrapperStart(program), text: ` let ${TICK} = () => {};` }];
  collectTicks(program, { insertions, exempt });
  insertions.sort((left, right) => left.offset - right.offset);
  return {
    code: insertText(script.code, insertions),
    mappings: encode(shiftMappings(mappings, insertions, starts)),
  };
}

/** The offset just inside the function that the whole program is wrapped in. */
function wrapperStart(program: Program): number {
  let start = program.end;
  walk(program, {
    enter(node) {
      if (start === program.end && isFunction(node) && node.body?.type === 'BlockStatement') {
        start = blockStart(node.body);
      }
      if (start !== program.end) this.skip();
    },
  });
  return start;
}

interface Ticks {
  insertions: Insertion[];
  exempt: (node: Node) => boolean;
}

/** A loop or function being walked; `waits` becomes true when an await is found at its level. */
interface Frame {
  node: Node;
  waits: boolean;
}

function collectTicks(program: Program, { insertions, exempt }: Ticks): void {
  const frames: Frame[] = [];
  walk(program, {
    enter(node) {
      if (isWait(node)) markWaiting(frames);
      if (!isFunction(node) && !isLoop(node)) return;
      const waits = (isFunction(node) && node.async) || (node.type === 'ForOfStatement' && node.await);
      frames.push({ node, waits });
    },
    leave(node) {
      const frame = frames.at(-1);
      if (frame?.node !== node) return;
      frames.pop();
      if (!exempt(node)) insertions.push(...ticksFor(node, frame.waits ? ASYNC_WEIGHT : 1));
    },
  });
}

/** An await counts for the loops around it, up to the function that waits. */
function markWaiting(frames: Frame[]): void {
  for (let index = frames.length - 1; index >= 0; index--) {
    const frame = frames[index];
    if (!frame || isFunction(frame.node)) return;
    frame.waits = true;
  }
}

function ticksFor(node: Node, weight: number): Insertion[] {
  if (!('body' in node) || !node.body || Array.isArray(node.body)) return [];
  const body = node.body as Node;
  const call = `${TICK}(${weight})`;
  if (body.type === 'BlockStatement') return [{ offset: blockStart(body), text: ` ${call};` }];
  const [open, close] = isFunction(node) ? [`(${call}, `, ')'] : [`{ ${call}; `, ' }'];
  return [
    { offset: body.start, text: open },
    { offset: body.end, text: close },
  ];
}

function isWait(node: Node): boolean {
  return (
    node.type === 'AwaitExpression' ||
    (node.type === 'ForOfStatement' && node.await) ||
    (node.type === 'VariableDeclaration' && node.kind === 'await using')
  );
}

function isLoop(node: Node): boolean {
  switch (node.type) {
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
      return true;
    default:
      return false;
  }
}
