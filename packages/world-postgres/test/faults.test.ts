/**
 * Every statement goes wrong in every way: what passes is as if nothing had been, what stays is a clean error and
 * nothing done.
 */

import type { Fault } from '@workbench/postgres/faults.ts';
import type { PostgresProxy } from '@workbench/postgres/proxy.ts';
import { startProxy } from '@workbench/postgres/proxy.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresWorld, type PostgresWorld } from '../src/index.ts';
import { deedsOf } from './deeds.ts';
import { type TemporarySchema, temporarySchema } from './server.ts';

let schema: TemporarySchema;
let proxy: PostgresProxy;
let world: PostgresWorld;
let expected: { readonly answers: unknown[]; readonly left: unknown };
let count = 0;
let rounds = 0;

async function newWorld(): Promise<PostgresWorld> {
  const connectionString = proxy.through(schema.url);
  // Notifications aside: a greeting of the listener is no statement of a deed.
  const made = createPostgresWorld({
    connectionString,
    schema: schema.name,
    notifications: 'off',
    maxConnections: 2,
  });
  await made.open();
  return made;
}

interface Round {
  readonly answers: unknown[];
  readonly left: unknown;
  /** Errors of deeds, each of which was done again. */
  readonly errors: { readonly name: string; readonly code: string }[];
}

/** All deeds in a row; one that fails is done once more. */
async function round(): Promise<Round> {
  rounds += 1;
  const name = `n${rounds}`;
  const { deeds, left } = deedsOf(world, name);
  const errors: Round['errors'][number][] = [];
  const done = async (work: () => Promise<unknown>): Promise<unknown> => {
    const answer = await work().catch((error: { readonly name: string; readonly code: string }) => {
      errors.push({ name: error.name, code: error.code });
      return work();
    });
    return JSON.parse(JSON.stringify(answer ?? null).replaceAll(name, 'n'));
  };
  const answers: unknown[] = [];
  for (const { what, work } of deeds) answers.push({ what, answer: await done(work) });
  return { answers, left: await done(left), errors };
}

/** What is other than where nothing went wrong, by the line. */
function differences(answers: readonly unknown[], left: unknown): string[] {
  const lines = (of: readonly unknown[]) => of.map((one) => JSON.stringify(one));
  const wanted = lines([...expected.answers, expected.left]);
  return lines([...answers, left]).flatMap((line, n) =>
    line === wanted[n] ? [] : [`${line}, not ${wanted[n]}`],
  );
}

beforeAll(async () => {
  schema = await temporarySchema();
  proxy = await startProxy({ url: schema.url });
  world = await newWorld();
  // The first round stores what later ones find, such as the program.
  await round();
  proxy.forget();
  const { answers, left, errors } = await round();
  expect(errors).toEqual([]);
  expected = { answers, left };
  count = [...proxy.passed.statements.values()].reduce((sum, times) => sum + times, 0);
});
afterAll(async () => {
  await world.close();
  await proxy.close();
  await schema.drop();
});

/** Plays one round for each statement, with a fault at that one. */
async function atEveryStatement(fault: Fault): Promise<Round[]> {
  const played: Round[] = [];
  for (let skip = 0; skip < count; skip += 1) {
    const injected = proxy.inject({ fault, skip });
    played.push(await round());
    expect(injected.hits, `a fault at statement ${skip}`).toBe(1);
    injected.remove();
  }
  return played;
}

test('the deeds are more than thirty statements', () => {
  expect(count).toBeGreaterThan(30);
});

describe('what passes is as if nothing had been', () => {
  const passing: readonly (readonly [string, Fault])[] = [
    ['a serialization failure', { kind: 'error', code: '40001' }],
    ['a deadlock', { kind: 'error', code: '40P01' }],
    ['a lock that is not available', { kind: 'error', code: '55P03' }],
    ['a cancelled statement', { kind: 'error', code: '57014' }],
    ['too many connections', { kind: 'error', code: '53300', fatal: true }],
    ['a standby that is read-only', { kind: 'error', code: '25006' }],
    ['a server that shuts down', { kind: 'error', code: '57P01', fatal: true }],
    ['a full disk', { kind: 'error', code: '53100' }],
    ['a connection that is cut before the server hears', { kind: 'cut', at: 'request' }],
    ['a connection that is cut after the commit, before its reply', { kind: 'cut', at: 'reply' }],
    [
      'a connection that is reset after the commit, before its reply',
      { kind: 'cut', at: 'reply', how: 'reset' },
    ],
  ];
  test.each(passing)('%s, at every statement', { timeout: 120_000 }, async (_name, fault) => {
    for (const { answers, left, errors } of await atEveryStatement(fault)) {
      expect(errors).toEqual([]);
      expect(differences(answers, left)).toEqual([]);
    }
  });
});

describe('what stays is a clean error with nothing done, and the deed may be done again', () => {
  const lasting: readonly (readonly [string, string, string])[] = [
    ['a check that fails', '23514', 'STORE_FAILED'],
    ['an error within the server', 'XX000', 'STORE_FAILED'],
    ['a right that is missing', '42501', 'STORE_REFUSED'],
    ['a table that is gone', '42P01', 'SCHEMA_OLD'],
  ];
  test.each(lasting)('%s, at every statement', { timeout: 120_000 }, async (_name, code, told) => {
    for (const { answers, left, errors } of await atEveryStatement({ kind: 'error', code })) {
      expect(errors).toEqual([{ name: 'WorldError', code: told }]);
      expect(differences(answers, left)).toEqual([]);
    }
  });
});

test('a server that takes no connections for a while is waited for', async () => {
  proxy.cut();
  await proxy.refuse('53300');
  const later = new Promise((resolve) => setTimeout(resolve, 300)).then(() => proxy.accept());
  const { answers, errors } = await round();
  await later;
  expect(errors).toEqual([]);
  expect(answers).toEqual(expected.answers);
});

test('a server that stays away is an error that says for how long it was tried', async () => {
  const impatient = createPostgresWorld({
    connectionString: proxy.through(schema.url),
    schema: schema.name,
    retryMs: 100,
  });
  await impatient.open();
  proxy.cut();
  await proxy.refuse();
  await expect(impatient.runs.list()).rejects.toMatchObject({
    code: 'STORE_UNREACHABLE',
    message: expect.stringMatching(/for \d+ ms/),
    hint: expect.stringContaining('asking again is safe'),
  });
  await proxy.accept();
  expect(await impatient.runs.list({ limit: 1 })).toBeDefined();
  await impatient.close();
});

test('statements under way together, all told that they are not prepared as they say, are all repeated', async () => {
  const own = await newWorld();
  const twice = () => Promise.all([own.runs.list({ limit: 1 }), own.runs.list({ limit: 1 })]);
  const before = await twice();
  const refused = proxy.inject({ when: /SELECT/, times: 2, fault: { kind: 'error', code: '42P05' } });
  expect(await twice()).toEqual(before);
  expect(refused.hits).toBe(2);
  await own.close();
});
