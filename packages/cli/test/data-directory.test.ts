import { appendFileSync, existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalWorld } from '@perdure/world-local';
import { expect, onTestFinished, test } from 'vitest';
import { call, contents, directory } from './harness.ts';
import { completed, storeRun } from './histories.ts';

const workflow = { 'one.ts': `export async function one() { 'use workflow'; }` };
const everyCommand = [
  ['inspect', 'runs'],
  ['inspect', 'run', 'wrun_1'],
  ['inspect', 'events', 'wrun_1'],
  ['run', 'one.ts#one'],
];

test('inspecting makes no data directory', async () => {
  const cwd = directory();
  await call(['inspect', 'runs', '--data-dir', 'data'], cwd);
  await call(['inspect', 'run', 'wrun_1', '--data-dir', 'data'], cwd);
  expect(existsSync(join(cwd, 'data'))).toBe(false);
});

test('inspecting works beside the process that drives the directory, and changes nothing in it', async () => {
  const cwd = directory();
  await storeRun(`${cwd}/data`, 'wrun_1', completed);
  const world = createLocalWorld({ dataDir: `${cwd}/data` });
  onTestFinished(() => world.close());
  await world.runs.claim({ worker: 'worker_live', leaseMs: 10_000, limit: 1 });
  const before = contents(`${cwd}/data`);
  for (const argv of everyCommand.slice(0, 3)) {
    expect((await call([...argv, '--data-dir', 'data'], cwd)).code).toBe(0);
  }
  expect(contents(`${cwd}/data`)).toEqual(before);
});

test('data of a newer format is named and left as it is', async () => {
  const cwd = directory(workflow);
  mkdirSync(join(cwd, 'data'));
  writeFileSync(join(cwd, 'data', 'format.json'), '{"format":999}\n');
  const before = contents(join(cwd, 'data'));
  for (const argv of everyCommand) {
    const { code, out, err } = await call([...argv, '--data-dir', 'data'], cwd);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^perdure: \[DATA_NEWER\] [^\n]+data\/format\.json[^\n]+\n$/);
  }
  expect(contents(join(cwd, 'data'))).toEqual(before);
});

test('a data directory that cannot be read is named and left as it is', async () => {
  const cwd = directory({ ...workflow, data: 'a file' });
  const before = contents(cwd);
  for (const argv of everyCommand) {
    const { code, out, err } = await call([...argv, '--data-dir', 'data'], cwd);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^perdure: \[DATA_UNREADABLE\] [^\n]+\n$/);
  }
  expect(contents(cwd)).toEqual(before);
});

test('a damaged run is named with its place and left as it is, beside the others', async () => {
  const cwd = directory();
  await storeRun(`${cwd}/data`, 'wrun_1', completed);
  await storeRun(`${cwd}/data`, 'wrun_2', completed);
  const ended = join(cwd, 'data', 'runs', 'ended');
  expect(readdirSync(ended)).toContain('wrun_1.jsonl');
  truncateSync(join(ended, 'wrun_1.jsonl'), 200);
  appendFileSync(join(ended, 'wrun_1.jsonl'), '\nnot an event\n');
  const before = contents(join(cwd, 'data'));
  for (const argv of everyCommand.slice(0, 3)) {
    const { code, err } = await call([...argv, '--data-dir', 'data'], cwd);
    expect(code).toBe(2);
    expect(err).toMatch(/^perdure: \[DATA_DAMAGED\] [^\n]+wrun_1\.jsonl:\d+[^\n]+\n$/);
  }
  expect((await call(['inspect', 'runs', '--data-dir', 'data'], cwd)).out).toMatch(/wrun_2 +completed/);
  expect(contents(join(cwd, 'data'))).toEqual(before);
});
