/** Examples of the guide do what it says, and the map names what is there. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = ['guide', 'compiler']
  .map((page) => readFileSync(join(root, `docs/${page}.md`), 'utf8'))
  .join('\n');
/** Set-up files of bundlers have a test of their own. */
const files = [...pages.matchAll(/```ts\n\/\/ (\S+(?<!\.config|\.build)\.ts)\n([\s\S]*?)```/g)].map(
  ([, name, code]) => [name!, code!] as const,
);
const runs = [...pages.matchAll(/<!-- run (\S+) (.*?) => (.*?) -->/g)].map(
  ([, target, args, result]) => [target!, args!, result!] as const,
);
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'perdure-docs-'));
  mkdirSync(join(directory, 'data'));
  for (const [name, code] of files) writeFileSync(join(directory, name), code);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function perdure(args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const bin = join(root, 'packages/perdure/src/bin.ts');
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

describe('the guide', () => {
  it('has a run for every file', () => {
    expect(files.length).toBeGreaterThan(4);
    expect(runs.map(([target]) => target.split('#')[0])).toEqual(files.map(([name]) => name));
  });

  it.each(runs)('%s %s gives %s', async (target, args, result) => {
    const { code, stdout, stderr } = await perdure([
      'run',
      target,
      '--args',
      args,
      '--json',
      '--data-dir',
      'data',
    ]);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as { status: string; returnValue: unknown };
    expect(last).toMatchObject({ status: 'completed', returnValue: JSON.parse(result) });
  });
});

describe('the map', () => {
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  }).split('\n');
  const map = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

  it('names no file that is not there', () => {
    const known = new Set(tracked.map((file) => basename(file)));
    const named = [...map.matchAll(/(?<![\w.])[\w-]+\.(?:ts|md)\b/g)].map(([name]) => name);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('names every folder of packages and workbench', () => {
    const folders = new Set(
      tracked.flatMap((file) => /^(?:packages|workbench)\/[^/]+(?=\/)/.exec(file) ?? []),
    );
    expect([...folders].filter((folder) => !map.includes(folder))).toEqual([]);
  });

  it.each([
    'core',
    'world',
    'world-local',
    'world-postgres',
    'world-postgres/src/schema',
    'compiler',
    'perdure',
  ])('names every file of %s', (name) => {
    const folder = name.includes('/') ? name : `${name}/src`;
    const own = tracked
      .filter((file) => new RegExp(`^packages/${folder}/[^/]+\\.ts$`).test(file))
      .map((file) => basename(file));
    expect(own.filter((file) => file !== 'index.ts' && !map.includes(file))).toEqual([]);
  });

  it('is linked from a README whose example compiles and runs', async () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
    expect(example.trim().split('\n').length).toBeLessThanOrEqual(21);
    writeFileSync(join(directory, 'readme.ts'), example.replace(/^const run[\s\S]*$/m, ''));
    const { code, stdout } = await perdure(['check', '.', '--json']);
    expect({ code, found: stdout.includes('processOrder') }).toEqual({ code: 0, found: true });
  });
});
