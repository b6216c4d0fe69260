/** The table of promises is true to the tests, and leaves out nothing that the repository itself can list. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { constants, createContext, Script } from 'node:vm';
import { parseSync } from 'oxc-parser';
import { beforeAll, describe, expect, it } from 'vitest';
import { calls } from '../packages/compiler/test/call-sites.ts';
import { instanceLevel } from '../packages/compiler/test/class-sites.ts';
import { deep } from '../packages/compiler/test/deep-sites.ts';
import { everySiteOutcome } from '../packages/compiler/test/every-site.ts';
import { moduleLevel } from '../packages/compiler/test/module-sites.ts';
import { nested } from '../packages/compiler/test/nested-sites.ts';
import { defaultLimits } from '../packages/core/src/limits.ts';
import { hostTypes } from '../packages/core/src/payload/host-codec.ts';
import { viewTags } from '../packages/core/src/payload/notation.ts';
import { startHarness } from '../packages/core/test/harness.ts';
import { buildProgram } from '../packages/core/test/program.ts';
import { storedValues } from '../packages/core/test/stored-values.ts';
import { sampleTypes } from '../packages/world/test/samples.ts';
import { casesIn, isRun, read, root, titlesIn } from './titles.ts';

const page = read('docs/promises.md');
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
);
const tables = ['The API', 'Serialization', 'The sandbox', 'The compiler', 'The scenarios'];
const caseFolder = 'workbench/e2e/src/cases/';
const caseNames = readdirSync(join(root, caseFolder)).map((file) => basename(file, '.ts'));

interface Row {
  readonly section: string;
  readonly promise: string;
  readonly proofs: readonly string[];
}

const rows: Row[] = tables.flatMap((section) =>
  [...(sections.get(section) ?? '').matchAll(/^\| (.+?) \| (.*) \|$/gm)]
    .filter(([, promise]) => promise !== 'promise' && !/^-+$/.test(promise!))
    .map(([, promise, proofs]) => ({
      section,
      promise: promise!,
      proofs: proofs!.split('<br>').filter((proof) => proof.trim() !== ''),
    })),
);

/** Of what must be in a section, what is not there in backticks. */
function missingFrom(section: string, names: Iterable<string>): string[] {
  const named = new Set([...sections.get(section)!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
  return [...new Set(names)].filter((name) => !named.has(name));
}

describe('the table', () => {
  it('has a proof for every promise, and no promise twice', () => {
    expect(new Set(rows.map(({ section }) => section))).toEqual(new Set(tables));
    expect(rows.filter(({ proofs }) => proofs.length === 0).map(({ promise }) => promise)).toEqual([]);
    const promises = rows.map(({ section, promise }) => `${section}: ${promise}`);
    expect(promises.filter((promise, i) => promises.indexOf(promise) !== i)).toEqual([]);
  });

  it('cites tests that are there, under the titles that they have', async () => {
    const known = new Map<string, Set<string>>();
    const wrong: string[] = [];
    for (const proof of new Set(rows.flatMap(({ proofs }) => proofs))) {
      const [, file = '', cited = ''] = /^`([^:`]+\.ts): (.+)`$/.exec(proof.trim()) ?? [];
      if (!existsSync(join(root, file)) || cited === '') {
        wrong.push(`${proof}: no file and title`);
        continue;
      }
      if (!known.has(file))
        known.set(
          file,
          file.startsWith(caseFolder) ? new Set(await casesIn(basename(file, '.ts'))) : titlesIn(file),
        );
      const title = cited.replaceAll('\\|', '|');
      if (!known.get(file)!.has(title)) wrong.push(`${file} has no ${title}`);
      else if (!isRun(file)) wrong.push(`${file} is run by no test`);
    }
    expect(wrong).toEqual([]);
  });

  it('has every scenario of the end-to-end suite', async () => {
    const cited = new Set(rows.flatMap(({ proofs }) => proofs.map((proof) => proof.trim())));
    const left: string[] = [];
    for (const file of caseNames) {
      for (const name of await casesIn(file)) {
        const proof = `\`${caseFolder}${file}.ts: ${name.replaceAll('|', '\\|')}\``;
        if (!cited.has(proof)) left.push(proof);
      }
    }
    expect(left).toEqual([]);
  });
});

describe('the API', () => {
  const manifest = JSON.parse(read('packages/perdure/package.json')) as { exports: Record<string, string> };
  // Loading it changes how the process loads modules.
  const subpaths = Object.entries(manifest.exports).filter(([, file]) => file.endsWith('.ts'));

  it.each(subpaths.filter(([subpath]) => subpath !== './register'))(
    'has every export of %s',
    async (subpath, file) => {
      const module: object = await import(`../packages/perdure/src/${basename(file, '.ts')}.ts`);
      const names = Object.keys(module).filter((name) => name !== 'default');
      expect(missingFrom('The API', [subpath.replace(/^\./, 'perdure'), ...names])).toEqual([]);
    },
  );

  it.each([
    ['index', 'packages/core/src/guest/api.ts'],
    ['api', 'packages/core/src/guest/driving.ts'],
  ])('means something in a workflow, too: every name of %s', async (host, guest) => {
    const module: object = await import(`../packages/perdure/src/${host}.ts`);
    const { staticExports } = parseSync(guest, read(guest)).module;
    const names = staticExports.flatMap(({ entries }) => entries.map((entry) => entry.exportName.name));
    expect(Object.keys(module).filter((name) => !names.includes(name))).toEqual([]);
  });

  it('has every subpath, type of event, limit and variable of the environment', () => {
    expect(
      missingFrom(
        'The API',
        subpaths.map(([subpath]) => subpath.replace(/^\./, 'perdure')),
      ),
    ).toEqual([]);
    expect(sampleTypes.length).toBeGreaterThan(20);
    expect(missingFrom('The API', sampleTypes)).toEqual([]);
    expect(missingFrom('The API', Object.keys(defaultLimits))).toEqual([]);
    const configurations = readdirSync(join(root, 'packages'))
      .map((name) => `packages/${name}/src/config.ts`)
      .filter((file) => existsSync(join(root, file)));
    const variables = configurations.flatMap((file) => read(file).match(/\bWORKFLOW_[A-Z_]+/g) ?? []);
    expect(variables.length).toBeGreaterThan(4);
    expect(missingFrom('The API', variables)).toEqual([]);
  });
});

describe('serialization', () => {
  it('has every tag of the stored text', () => {
    const own = [...read('packages/core/src/payload/decode.ts').matchAll(/^ +case '(\w+)':/gm)].map(
      ([, tag]) => tag!,
    );
    expect(own.length).toBeGreaterThan(10);
    const tags = [...own, 'Function', 'Class', ...viewTags.keys(), ...Object.keys(hostTypes)];
    // `null` marks an object without a prototype, `Object` a boxed primitive: both are named by what they are.
    expect(
      missingFrom(
        'Serialization',
        tags.filter((tag) => tag !== 'null' && tag !== 'Object'),
      ),
    ).toEqual([]);
  });
});

describe('the sandbox', () => {
  let guest: { names: string[]; refused: string[]; members: string[] };
  let bare: string[];

  beforeAll(async () => {
    const program = await buildProgram(`
      import { registerWorkflow } from 'perdure:guest';
      const refusals = /^(?:ABSENT_IN_WORKFLOW|ONLY_IN_STEP|STREAMS_ARE_FOR_STEPS|SIGNAL_NOT_CONSTRUCTIBLE)$/;
      const isRefused = (use) => { try { use(); } catch (error) { return refusals.test(error?.code) || error?.name === 'EvalError'; } return false; };
      registerWorkflow('names', async () => {
        const names = Object.getOwnPropertyNames(globalThis);
        const functions = names.filter((name) => typeof globalThis[name] === 'function');
        const refused = functions.filter((name) => isRefused(() => globalThis[name]('1')) || isRefused(() => new globalThis[name]('1')));
        const members = ['crypto', 'process', 'performance'].flatMap((name) => Object.keys(globalThis[name]).map((key) => name + '.' + key));
        return { names, refused, members: [...members, ...Object.keys(crypto.subtle).map((key) => 'crypto.subtle.' + key)] };
      });
    `);
    const harness = startHarness(program);
    guest = (await harness.run('names')) as typeof guest;
    await harness.close();
    bare = Array.from(
      new Script('Object.getOwnPropertyNames(globalThis)').runInContext(
        createContext(constants.DONT_CONTEXTIFY),
      ) as string[],
    );
  });

  it('has every global that a workflow has beyond the language, and what they hold', () => {
    const added = guest.names.filter((name) => !bare.includes(name));
    expect(added.length).toBeGreaterThan(30);
    // The door through which the engine enters is of no use to a program.
    expect(
      missingFrom(
        'The sandbox',
        added.filter((name) => name !== '__perdure'),
      ),
    ).toEqual([]);
    expect(missingFrom('The sandbox', guest.members)).toEqual([]);
  });

  it('has every global that is gone, and every one that refuses', () => {
    const gone = bare.filter((name) => !guest.names.includes(name));
    expect(gone).toContain('WeakRef');
    expect(guest.refused).toEqual(expect.arrayContaining(['setTimeout', 'eval', 'ReadableStream']));
    expect(missingFrom('The sandbox', [...gone, ...guest.refused])).toEqual([]);
  });
});

const siteTables = { moduleLevel, instanceLevel, nested, deep, calls };

describe('the compiler', () => {
  it('has every code of a diagnostic', () => {
    const codes = [...read('packages/compiler/src/diagnostics.ts').matchAll(/^ +(?:code: )?'([A-Z_]+)',$/gm)];
    expect(codes.length).toBeGreaterThan(20);
    expect(
      missingFrom(
        'The compiler',
        codes.map(([, code]) => code!),
      ),
    ).toEqual([]);
  });

  it('has every kind of site', () => {
    const cited = rows.flatMap(({ proofs }) => proofs);
    const sites = Object.values(siteTables).flat();
    const left = sites.filter(({ name }) => !cited.some((proof) => proof.includes(`-sites.ts: ${name}\``)));
    expect(left.map(({ name }) => name)).toEqual([]);
  });
});

describe('what is counted', () => {
  it('is as many as the page says', async () => {
    const vectors = (file: string): number =>
      Object.keys(JSON.parse(read(`packages/core/test/fixtures/${file}`))).length;
    const rounds = (file: string): number[] => {
      const source = read(file);
      const each = Number(/^const rounds = ([\d_]+);/m.exec(source)![1]!.replaceAll('_', ''));
      return [...source.matchAll(/it\(`[^`]*\$\{rounds\}/g)].map(() => each);
    };
    const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
    const cases: number[] = [];
    for (const file of caseNames) cases.push((await casesIn(file)).length);
    const [codec, http] = [
      rounds('packages/core/test/fuzz.test.ts'),
      rounds('packages/core/test/http-fuzz.test.ts'),
    ];
    const counts: [string, number][] = [
      ['sites at module level', moduleLevel.length],
      ['sites of instances', instanceLevel.length],
      ['sites in functions', nested.length],
      ['sites at any depth', deep.length],
      ['ways to call and to capture', calls.length],
      [
        'steps and workflows of the app that every bundler builds',
        everySiteOutcome.steps.length + everySiteOutcome.workflows.length,
      ],
      ['values that cross in real runs', storedValues.length],
      ['texts of values, frozen', vectors('vectors.json')],
      ['envelopes, frozen', vectors('envelopes.json')],
      ['mutated inputs to the codec and the envelope', sum(codec)],
      ['mutated inputs to the HTTP routes', sum(http)],
      ['scenarios of the end-to-end suite', sum(cases)],
    ];
    const counted = [...sections.get('Counted')!.matchAll(/^\| (.+?) \| ([\d,]+) \|$/gm)].map(
      ([, what, number]) => [what!, Number(number!.replaceAll(',', ''))],
    );
    expect(counted).toEqual(counts);
  });
});
