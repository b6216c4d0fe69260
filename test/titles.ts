/** Titles of tests, as they stand in their sources, and whether a test runs what a file holds. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';
import { walk } from 'oxc-walker';

export const root: string = fileURLToPath(new URL('..', import.meta.url));
export const read = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** The text of a literal as a title; undefined for any other node. */
function textOf(node: Node | null | undefined, source: string): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  return node?.type === 'TemplateLiteral' ? source.slice(node.start + 1, node.end - 1) : undefined;
}

/** Whether a callee is `it`, `test`, or `it.each(...)`. */
function isTest(callee: Node): boolean {
  if (callee.type === 'Identifier') return callee.name === 'it' || callee.name === 'test';
  const inner = callee.type === 'CallExpression' ? callee.callee : callee.object;
  return inner !== undefined && isTest(inner as Node);
}

/** Titles of tests, names of rows and cases, and keys of tables, whose rows are tests. */
export function titlesIn(file: string): Set<string> {
  const source = read(file);
  const isTable = file.includes('/conformance/');
  const titles = new Set<string>();
  const add = (node: unknown): void => {
    const text = textOf(node as Node | undefined, source);
    if (text !== undefined) titles.add(text);
  };
  walk(parseSync(file, source).program, {
    enter(entered) {
      const node = entered as unknown as Node;
      if (node.type === 'CallExpression' && isTest(node.callee as Node)) add((node.arguments as Node[])[0]);
      if (node.type === 'ArrowFunctionExpression' && isTable) add(node.body);
      if (node.type === 'ArrayExpression' && !isTable) add((node.elements as Node[])[0]);
      if (node.type !== 'Property') return;
      const key = node.key as Node;
      const name = key.type === 'Identifier' ? (key.name as string) : textOf(key, source);
      if (name === 'name') add(node.value);
      else if (
        name !== undefined &&
        (node.value as Node).type === (isTable ? 'FunctionExpression' : 'TemplateLiteral')
      )
        titles.add(name);
    },
  });
  return titles;
}

/** The names of the cases of a file of the end-to-end suite, given without folder and extension. */
export async function casesIn(name: string): Promise<string[]> {
  const module: Record<string, readonly { readonly name: string }[]> = await import(
    `../workbench/e2e/src/cases/${name}.ts`
  );
  return Object.values(module).flatMap((cases) => cases.map((one) => one.name));
}

const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)) && !file.includes('/fixtures/'));
const texts = new Map(sources.map((file) => [file, read(file)]));

/** Whether a file is a test, or is imported by one, directly or not. */
export function isRun(file: string, seen: Set<string> = new Set()): boolean {
  if (file.endsWith('.test.ts')) return true;
  if (seen.has(file)) return false;
  seen.add(file);
  const name = `/${basename(file)}'`;
  const exported = file === 'packages/world/src/conformance/index.ts' ? "'@perdure/world/conformance'" : name;
  return sources.some((other) => {
    const text = texts.get(other)!;
    return other !== file && (text.includes(name) || text.includes(exported)) && isRun(other, seen);
  });
}
