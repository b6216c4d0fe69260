import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createLocalWorld } from '../src/index.ts';
import {
  activeFile,
  append,
  hookCreated,
  linesOf,
  openWorld,
  runStarted,
  start,
  stepCreated,
  temporaryDirectory,
} from './fixture.ts';

const bytes = new Uint8Array([0, 10, 13, 255]);

/** A directory with one run of three appends; what its file holds, and how long it was before the last of them. */
async function written() {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir });
  const claim = await start(world, 'run_1');
  await append(world, claim, 1, [
    runStarted,
    stepCreated('step_a', 'text "quoted" é'),
    hookCreated('hook_a', 't'),
  ]);
  const lengthBefore = readFileSync(activeFile(dataDir, 'run_1')).length;
  await append(world, claim, 4, [stepCreated('step_b', bytes), stepCreated('step_c')], { wakeAt: 5000 });
  const history = await world.runs.history('run_1');
  await world.close();
  return { dataDir, file: readFileSync(activeFile(dataDir, 'run_1')), lengthBefore, history };
}

function place(dataDir: string, file: Uint8Array): void {
  mkdirSync(dirname(activeFile(dataDir, 'run_1')), { recursive: true });
  writeFileSync(activeFile(dataDir, 'run_1'), file);
}

test('an append cut short at any byte is dropped whole, and the run goes on', async () => {
  const { file, lengthBefore, history } = await written();
  for (let length = lengthBefore; length < file.length; length += 1) {
    const dataDir = temporaryDirectory();
    place(dataDir, file.subarray(0, length));
    const reader = createLocalWorld({ dataDir });
    expect(await reader.runs.history('run_1')).toEqual(history.slice(0, 4));
    await reader.close();
    expect(readFileSync(activeFile(dataDir, 'run_1')).length, 'a reader changes nothing').toBe(length);
    const world = createLocalWorld({ dataDir });
    await world.runs.send('run_1', { eventType: 'run_cancelled', key: 'key_1', eventData: {} });
    const types = (await world.runs.history('run_1')).map((event) => event.eventType);
    expect(types).toEqual(['run_created', 'run_started', 'step_created', 'hook_created', 'run_cancelled']);
    await world.close();
  }
});

test('a run whose first append is cut short was never created', async () => {
  const { file } = await written();
  const first = file.indexOf(0x0a);
  for (let length = 0; length <= first; length += 17) {
    const dataDir = temporaryDirectory();
    place(dataDir, file.subarray(0, length));
    const world = createLocalWorld({ dataDir });
    expect(await world.runs.get('run_1')).toBeUndefined();
    expect((await world.runs.claim({ worker: 'w', leaseMs: 1, limit: 9 })).claimed).toEqual([]);
    await start(world, 'run_1');
    expect(await world.runs.history('run_1')).toHaveLength(1);
    await world.close();
  }
});

test('a tail of zeros, as a power failure leaves it, is dropped', async () => {
  const { dataDir, file, history } = await written();
  place(dataDir, Buffer.concat([file, Buffer.alloc(4096)]));
  const world = openWorld({ dataDir });
  expect(await world.runs.history('run_1')).toEqual(history);
  await world.runs.claim({ worker: 'w', leaseMs: 1, limit: 1 });
  expect(readFileSync(activeFile(dataDir, 'run_1'))).toEqual(file);
});

test('no flipped bit goes unnoticed', async () => {
  const { dataDir, file, history } = await written();
  const text = JSON.stringify(history);
  let noticed = 0;
  for (let bit = 0; bit < file.length * 8; bit += 1) {
    const flipped = Buffer.from(file);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    place(dataDir, flipped);
    const world = createLocalWorld({ dataDir });
    const read = await world.runs.history('run_1').then(JSON.stringify, (error) => error.code as string);
    if (read === 'DATA_DAMAGED') noticed += 1;
    else expect(read, `bit ${bit}`).toBe(text);
    await world.close();
  }
  expect(noticed).toBe(file.length * 8);
});

test('a damaged run is paused with file and line, stays untouched, and others go on', async () => {
  const { dataDir, file } = await written();
  const flipped = Buffer.from(file);
  flipped[file.indexOf('quoted')]! ^= 1;
  place(dataDir, flipped);
  copyFileSync(activeFile(dataDir, 'run_1'), activeFile(dataDir, 'run_3'));
  const world = openWorld({ dataDir });
  const claim = await start(world, 'run_2');
  await append(world, claim, 1, [runStarted], { release: true, wakeAt: 0 });
  const { claimed } = await world.runs.claim({ worker: 'w', leaseMs: 10, limit: 9 });
  expect(claimed.map((item) => item.claim.runId)).toEqual(['run_2']);
  const damage = { name: 'WorldError', code: 'DATA_DAMAGED' };
  for (const call of [
    () => world.runs.history('run_1'),
    () => world.runs.steps('run_1'),
    () => world.runs.send('run_1', { eventType: 'run_cancelled', key: 'k', eventData: {} }),
    () => world.runs.create(runCreatedAgain()),
  ]) {
    await expect(call()).rejects.toMatchObject(damage);
  }
  const run = await world.runs.get('run_1');
  expect(run).toMatchObject({
    status: 'paused',
    workflowName: 'flow',
    pauseReason: { code: 'DATA_DAMAGED' },
  });
  expect(run?.pauseReason?.message).toContain(`${activeFile(dataDir, 'run_1')}:3`);
  const { runs } = await world.runs.list();
  expect(runs.map(({ runId, status }) => [runId, status])).toEqual([
    ['run_3', 'paused'],
    ['run_2', 'running'],
    ['run_1', 'paused'],
  ]);
  expect(runs[0]?.pauseReason?.message, 'lines of another run are no lines of this one').toContain(
    'run_3.jsonl:1',
  );
  await world.close();
  expect(readFileSync(activeFile(dataDir, 'run_1'))).toEqual(flipped);
});

function runCreatedAgain() {
  return {
    runId: 'run_1',
    eventId: 'evnt_0000000001',
    version: 1,
    eventType: 'run_created' as const,
    createdAt: 1000,
    eventData: { workflowName: 'flow', program: 'abc', seed: 's', input: '' },
  };
}

test('missing, repeated and swapped lines are damage', async () => {
  const { dataDir, file } = await written();
  const lines = file.toString('utf8').split('\n').slice(0, -1);
  const variants = [
    [lines[0], ...lines.slice(2)],
    [lines[0], lines[1], lines[1], ...lines.slice(2)],
    [lines[0], lines[2], lines[1], ...lines.slice(3)],
    lines.slice(1),
  ];
  for (const variant of variants) {
    place(dataDir, Buffer.from(`${variant.join('\n')}\n`));
    const world = createLocalWorld({ dataDir });
    await expect(world.runs.history('run_1')).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    await world.close();
  }
});

test('whatever is done to a file, reading it gives a whole prefix or a named error', async () => {
  const { dataDir, file, history } = await written();
  const prefixes = [0, 1, 4, 6].map((length) => JSON.stringify(history.slice(0, length)));
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 2000; round += 1) {
    const at = random(file.length);
    const until = at + random(40);
    const between = Buffer.from(Array.from({ length: random(20) }, () => random(256)));
    const changes = [
      [file.subarray(0, at), between, file.subarray(at)],
      [file.subarray(0, at), file.subarray(until)],
      [file.subarray(0, until), file.subarray(at)],
      [file.subarray(0, at), between, file.subarray(until)],
    ];
    place(dataDir, Buffer.concat(changes[random(4)]!));
    const world = createLocalWorld({ dataDir });
    const read = await world.runs.history('run_1').then(JSON.stringify, (error) => error.code as string);
    if (read !== 'DATA_DAMAGED' && read !== 'RUN_NOT_FOUND') expect(prefixes).toContain(read);
    await world.close();
  }
});

test('a person can read the file', async () => {
  const { dataDir } = await written();
  const lines = linesOf(join(dataDir, 'runs', 'active', 'run_1.jsonl'));
  expect(lines[2]).toMatch(
    /^\{"eventType":"step_created","version":3,"createdAt":1000,"correlationId":"step_a",/,
  );
  expect(lines[4]).toContain('"input":{"base64":"AAoN/w=="}');
  expect(lines.map((line) => 'wake' in JSON.parse(line))).toEqual([true, false, false, true, false, true]);
});
