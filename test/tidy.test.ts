/** The rules that keep the shape of the house, as far as a machine can check them. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';
import { walk } from 'oxc-walker';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const code = tracked.filter((file) => /\.(ts|mts|js|mjs)$/.test(file) && !file.includes('/fixtures/'));
const sources = code.filter((file) => /^packages\/[^/]+\/src\//.test(file));
const packages = [...new Set(sources.map((file) => file.split('/')[1]!))];

const fileLinesMax = 300;
const functionLinesMax = 60;

/** What may import what: the arrows of the house point down. */
const layers: Record<string, readonly string[]> = {
  world: [],
  'world-memory': ['world'],
  'world-local': ['world'],
  'world-postgres': ['world'],
  core: ['world'],
  compiler: [],
  cli: ['compiler', 'core', 'world'],
  perdure: ['cli', 'compiler', 'core', 'world', 'world-memory', 'world-local'],
};

const nodeOnly: Record<string, readonly string[]> = {
  world: ['zod'],
  'world-memory': [],
  'world-local': [],
  'world-postgres': ['pg'],
  core: [],
};

function importsOf(file: string): string[] {
  return [
    ...read(file).matchAll(
      /^(?:import|export)\s[^;]*?from\s+'([^']+)';|\bimport\('([^']+)'\)|^import '([^']+)';/gms,
    ),
  ].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

function functionLengths(file: string): { name: string; lines: number }[] {
  const source = read(file);
  const lengths: { name: string; lines: number }[] = [];
  walk(parseSync(file, source).program, {
    enter(node) {
      if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return;
      const { start, end } = node as unknown as { start: number; end: number };
      const lines = source.slice(start, end).split('\n').length;
      lengths.push({ name: `${file}: ${source.slice(start, start + 40).split('\n')[0]}`, lines });
    },
  });
  return lengths;
}

describe('files', () => {
  it(`have at most ${fileLinesMax} lines`, () => {
    const long = code
      .filter((file) => !file.endsWith('.test.ts'))
      .filter((file) => read(file).split('\n').length > fileLinesMax + 1);
    expect(long).toEqual([]);
  });

  it('are named after what they hold', () => {
    const vague = /^(utils?|helpers?|common|misc|constants?|types?)\.[a-z]+$/;
    expect(code.filter((file) => vague.test(basename(file)))).toEqual([]);
  });

  it('hold no path of a machine and no registry host', () => {
    const places = /\/(root|home\/[a-z]|work\/main|Users\/[A-Za-z])|registry\.npm|npmmirror|artifactory/;
    const told = tracked.filter((file) => !/^(pnpm-lock\.yaml|LICENSE|test\/tidy\.test\.ts)$/.test(file));
    expect(told.filter((file) => places.test(read(file)))).toEqual([]);
    expect(read('pnpm-lock.yaml')).not.toMatch(/tarball: http/);
  });

  it('leave no test skipped or alone, and nothing for later', () => {
    const marks = /\b(it|test|describe)\.(skip|only|todo)\b|\bTODO\b|\bFIXME\b|not implemented/;
    expect(code.filter((file) => file !== 'test/tidy.test.ts' && marks.test(read(file)))).toEqual([]);
  });
});

describe('tests', () => {
  it('never match an object against a bare pattern, which matches anything', () => {
    const vacuous = /toMatchObject\([^)]*?[[:,]\s*\/(?![/*])[^\n]*\/[a-z]*\s*[,\]})]/s;
    const tests = code.filter((file) => file.endsWith('.test.ts'));
    expect(tests.filter((file) => vacuous.test(read(file)))).toEqual([]);
  });
});

describe('functions', () => {
  it(`have at most ${functionLinesMax} lines`, () => {
    const long = sources.flatMap(functionLengths).filter(({ lines }) => lines > functionLinesMax);
    expect(long).toEqual([]);
  });
});

describe('packages', () => {
  it('are all part of the map', () => {
    expect(packages.toSorted()).toEqual(Object.keys(layers).toSorted());
  });

  it.each(packages)('%s imports only what lies below it', (name) => {
    const own = sources.filter((file) => file.startsWith(`packages/${name}/`));
    const used = own
      .flatMap(importsOf)
      .flatMap((specifier) => /^@perdure\/([^/]+)/.exec(specifier)?.[1] ?? []);
    expect(used.filter((one) => one !== name && !layers[name]!.includes(one))).toEqual([]);
    const escaping = own.filter((file) => importsOf(file).some((specifier) => leaves(file, specifier, name)));
    expect(escaping).toEqual([]);
  });

  it.each(Object.entries(nodeOnly))('%s depends on %j and its own kind only', (name, allowed) => {
    const { dependencies = {} } = JSON.parse(read(`packages/${name}/package.json`)) as {
      dependencies?: object;
    };
    const foreign = Object.keys(dependencies).filter((one) => !one.startsWith('@perdure/'));
    expect(foreign).toEqual(allowed);
  });

  it.each(packages)('%s argues for its dependencies in its README', (name) => {
    const { dependencies = {} } = JSON.parse(read(`packages/${name}/package.json`)) as {
      dependencies?: object;
    };
    const readme = read(`packages/${name}/README.md`);
    expect(Object.keys(dependencies).filter((one) => !readme.includes(one))).toEqual([]);
  });

  it.each(packages)('%s reads the environment in one configuration module at most', (name) => {
    const readers = sources.filter(
      (file) => file.startsWith(`packages/${name}/`) && /\bprocess\.env\b/.test(codeOf(file)),
    );
    expect(readers.filter((file) => basename(file) !== 'config.ts')).toEqual([]);
  });

  it('keep the sandbox to one file', () => {
    const makers = sources.filter((file) => /createContext|runInContext/.test(codeOf(file)));
    expect(makers).toEqual(['packages/core/src/sandbox.ts']);
  });

  it('never take a boolean by position', () => {
    const flags = /\(\s*(?:[A-Za-z_]\w*\??:\s*[^,()]+,\s*)+[A-Za-z_]\w*\??:\s*boolean\s*[,)]/;
    expect(sources.filter((file) => flags.test(codeOf(file)))).toEqual([]);
  });

  it('have no optional member on a World', () => {
    const contract = ['world', 'streams', 'steps']
      .map((name) => codeOf(`packages/world/src/${name}.ts`))
      .join('');
    const bodies = [
      ...contract.matchAll(/export interface (World|Runs|Steps|Programs|Streams) \{([\s\S]*?)\n\}/g),
    ];
    expect(bodies).toHaveLength(5);
    expect(bodies.filter(([, , body]) => /^ {2}(readonly )?\w+\?[:(]/m.test(body!))).toEqual([]);
  });

  it('export nothing that only tests use', () => {
    const everything = code.map((file) => [file, codeOf(file)] as const);
    const unused: string[] = [];
    for (const file of sources) {
      if (isEntry(file) || isTest(file)) continue;
      for (const [, name] of codeOf(file).matchAll(/^export (?:async )?(?:const|function|class) (\w+)/gm)) {
        const word = new RegExp(`\\b${name}\\b`);
        const users = everything.filter(
          ([other, text]) => other !== file && !isTest(other) && word.test(text),
        );
        const ownUses = codeOf(file).split(word).length - 1;
        if (users.length === 0 && ownUses < 2) unused.push(`${file}: ${name}`);
      }
    }
    expect(unused).toEqual([]);
  });
});

/** Source without comments and without the text of strings. */
function codeOf(file: string): string {
  return read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

function isTest(file: string): boolean {
  return file.includes('/test/') || file.startsWith('test/') || file.includes('/conformance/');
}

/** Modules that a package's `exports` or `bin` name. */
function isEntry(file: string): boolean {
  const [, name] = file.split('/');
  const { exports = {}, bin = {} } = JSON.parse(read(`packages/${name}/package.json`)) as Record<
    string,
    object
  >;
  return [...Object.values(exports), ...Object.values(bin)].includes(
    `./${file.split('/').slice(2).join('/')}`,
  );
}

/** True for a relative import that ends outside the package. */
function leaves(file: string, specifier: string, name: string): boolean {
  return specifier.startsWith('.') && !join(dirname(file), specifier).startsWith(`packages/${name}/src/`);
}
