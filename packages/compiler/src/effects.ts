import type { Node } from 'oxc-parser';
import { walk } from 'oxc-walker';
import { isFunction } from './analyze.ts';
import { patternNames } from './module-items.ts';
import { unwrap } from './parse.ts';

/** What a statement acts on: a name, how, and where the name stands. */
export interface EffectTarget {
  name: string;
  start: number;
  /**
   * `assigned`: it or a member of it is written; `receiver`: a method of it is called; `argument`: it is handed
   * to a function; `callee`: it is called itself.
   */
  role: 'assigned' | 'receiver' | 'argument' | 'callee';
}

/**
 * The names a statement acts on when it runs.
 *
 * `cache.set(a, b)` acts on `cache`; `seed(cache)` and `Object.assign(cache, more)` may act on `cache`.
 * Callbacks are not looked into, but for `forEach` and functions called where they stand: what others do happens
 * later, if ever.
 */
export function effectTargets(statement: Node): EffectTarget[] {
  const targets: EffectTarget[] = [];
  walk(statement, {
    enter(node, parent) {
      if (isFunction(node) && node !== statement && !runsAtOnce(node, parent)) {
        this.skip();
        return;
      }
      if (node.type === 'AssignmentExpression') targets.push(...assignTargets(node.left));
      else if (node.type === 'UpdateExpression') targets.push(...rooted(node.argument, 'assigned'));
      else if (node.type === 'UnaryExpression' && node.operator === 'delete') {
        targets.push(...rooted(node.argument, 'assigned'));
      } else if (node.type === 'CallExpression') targets.push(...callTargets(node));
    },
  });
  return targets;
}

function assignTargets(left: Node): EffectTarget[] {
  if (left.type !== 'ObjectPattern' && left.type !== 'ArrayPattern') return rooted(left, 'assigned');
  return patternNames(left).map((name) => ({ name, start: left.start, role: 'assigned' }));
}

function rooted(node: Node, role: EffectTarget['role']): EffectTarget[] {
  const root = rootOf(node);
  return root ? [{ name: root.name, start: root.start, role: root.called ? 'callee' : role }] : [];
}

function callTargets(node: Extract<Node, { type: 'CallExpression' }>): EffectTarget[] {
  const callee = unwrap(node.callee);
  const targets: EffectTarget[] = [];
  if (callee.type === 'Identifier') targets.push({ name: callee.name, start: callee.start, role: 'callee' });
  else targets.push(...rooted(callee, 'receiver'));
  for (const argument of node.arguments) {
    const value = unwrap(argument);
    if (value.type === 'Identifier') targets.push({ name: value.name, start: value.start, role: 'argument' });
  }
  return targets;
}

function runsAtOnce(node: Node, parent: Node | null): boolean {
  if (!isFunction(node) || node.async) return false;
  if (parent?.type === 'ParenthesizedExpression') return true;
  if (parent?.type !== 'CallExpression') return false;
  const { callee } = parent;
  if (callee === node) return true;
  return (
    callee.type === 'MemberExpression' && 'name' in callee.property && callee.property.name === 'forEach'
  );
}

/** The identifier at the left of a chain of members and calls, and whether the chain calls it. */
export function rootOf(node: Node): { name: string; start: number; called: boolean } | undefined {
  let current = unwrap(node);
  let called = false;
  for (;;) {
    if (current.type === 'Identifier') return { name: current.name, start: current.start, called };
    called = current.type === 'CallExpression';
    if (current.type === 'MemberExpression') current = unwrap(current.object);
    else if (current.type === 'CallExpression') current = unwrap(current.callee);
    else if (current.type === 'ChainExpression') current = unwrap(current.expression);
    else return undefined;
  }
}
