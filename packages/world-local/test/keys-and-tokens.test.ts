import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { CreateOptions, CreateResult, EventOf } from '@perdure/world';
import { expect, test } from 'vitest';
import type { LocalWorld } from '../src/index.ts';
import {
  activeFile,
  append,
  endedFile,
  hookCreated,
  openWorld,
  runCompleted,
  runCreated,
  start,
  stepCreated,
  temporaryDirectory,
} from './fixture.ts';
import { Peer } from './peer.ts';

const DAY_MS = 86_400_000;

function keyed(runId: string, createdAt = 1000): EventOf<'run_created'> {
  const created = runCreated(runId);
  return { ...created, createdAt, eventData: { ...created.eventData, key: 'order 7' } };
}

function retained(correlationId: string, token: string, retainMs = DAY_MS) {
  return { eventType: 'hook_created', correlationId, eventData: { token, retainMs } };
}

/** What a new run is told that asks for the token. */
async function ask(world: LocalWorld, runId: string, token = 't'): Promise<string> {
  const result = await append(world, await start(world, runId), 1, [hookCreated('hook_x', token)]);
  return result.kind === 'token-taken' ? result.ownerRunId : result.kind;
}

/** A closed directory with an ended run that keeps token `t` for a day from time 1000. */
async function endedWithToken() {
  const dataDir = temporaryDirectory();
  const world = openWorld({ dataDir, clock: () => 2000 });
  const claim = await start(world, 'run_1');
  await append(world, claim, 1, [retained('hook_1', 't'), retained('hook_2', 'u\n'), runCompleted]);
  await world.close();
  return { dataDir, index: join(dataDir, 'retained.jsonl') };
}

test('a key has one live run over all processes, whoever creates', async () => {
  const dataDir = temporaryDirectory();
  const driver = openWorld({ dataDir });
  await start(driver, 'run_other');
  const other = openWorld({ dataDir });
  const peer = await Peer.start(dataDir);
  for (const onConflict of ['join', 'replace'] as const) {
    const options: CreateOptions = { onConflict };
    const results = await Promise.all(
      Array.from({ length: 51 }, (_, n): Promise<CreateResult> => {
        const event = keyed(`run_${onConflict}_${n}`);
        if (n % 3 === 0) return driver.runs.create(event, options);
        return n % 3 === 1 ? other.runs.create(event, options) : peer.call('create', event, options);
      }),
    );
    const { runs } = await other.runs.list({ status: 'pending' });
    const live = runs.filter(({ key }) => key !== undefined);
    expect(live).toHaveLength(1);
    const created = results.filter((result) => result.created);
    expect(created).toHaveLength(onConflict === 'join' ? 1 : 51);
    if (onConflict === 'join') expect(new Set(results.map(({ run }) => run.runId)).size).toBe(1);
  }
  await expect(other.runs.create(keyed('run_x'), { onConflict: 'fail' })).rejects.toMatchObject({
    code: 'KEY_TAKEN',
    ownerRunId: expect.stringMatching(/^run_replace_/),
  });
});

test('where two runs with one key are found, the older one ends', async () => {
  const dataDir = temporaryDirectory();
  const copy = join(temporaryDirectory(), 'copy');
  const first = openWorld({ dataDir });
  await first.runs.create(keyed('run_b', 1000));
  copyFileSync(activeFile(dataDir, 'run_b'), copy);
  await first.runs.create(keyed('run_a', 5000), { onConflict: 'replace' });
  await first.close();
  unlinkSync(endedFile(dataDir, 'run_b'));
  renameSync(copy, activeFile(dataDir, 'run_b'));
  const world = openWorld({ dataDir });
  await start(world, 'run_other');
  expect(await world.runs.get('run_b')).toMatchObject({
    status: 'cancelled',
    cancelReason: 'replaced by run run_a',
  });
  expect((await world.runs.create(keyed('run_c'))).run.runId).toBe('run_a');
});

test('kept tokens are known again, whatever happened to the file that lists them', async () => {
  const { dataDir, index } = await endedWithToken();
  const whole = readFileSync(index);
  const flipped = Array.from({ length: whole.length }, (_, at) => {
    const copy = Buffer.from(whole);
    copy[at]! ^= 1;
    return copy;
  });
  // Cut within a line: whole lines less are what only a hand takes away.
  const cut = Array.from({ length: whole.length }, (_, at) => whole.subarray(0, at)).filter(
    (content) => content.at(-1) !== 0x0a,
  );
  for (const content of [undefined, ...cut, ...flipped]) {
    if (content) writeFileSync(index, content);
    else unlinkSync(index);
    const world = openWorld({ dataDir, clock: () => 2000 });
    expect(await ask(world, 'run_2')).toBe('run_1');
    expect(await ask(world, 'run_3', 'u\n')).toBe('run_1');
    await world.close();
    for (const runId of ['run_2', 'run_3']) rmSync(activeFile(dataDir, runId));
  }
});

test('a run whose process died before its tokens were listed keeps them', async () => {
  const { dataDir, index } = await endedWithToken();
  writeFileSync(index, `${readFileSync(index, 'utf8').split('\n')[0]}\n`);
  renameSync(endedFile(dataDir, 'run_1'), activeFile(dataDir, 'run_1'));
  for (let opening = 0; opening < 2; opening += 1) {
    const world = openWorld({ dataDir, clock: () => 2000 });
    expect(await ask(world, `run_2${opening}`)).toBe('run_1');
    expect(existsSync(activeFile(dataDir, 'run_1'))).toBe(false);
    await world.close();
  }
});

test('a run whose tokens cannot be listed ends all the same, and is listed by the next opening', async () => {
  const dataDir = temporaryDirectory();
  const index = join(dataDir, 'retained.jsonl');
  const first = openWorld({ dataDir, clock: () => 2000 });
  const claim = await start(first, 'run_1');
  unlinkSync(index);
  mkdirSync(index);
  await append(first, claim, 1, [retained('hook_1', 't'), runCompleted]);
  expect((await first.runs.get('run_1'))?.status).toBe('completed');
  expect(await ask(first, 'run_2')).toBe('run_1');
  await first.close();
  rmdirSync(index);
  const world = openWorld({ dataDir, clock: () => 2000 });
  expect(await ask(world, 'run_3')).toBe('run_1');
  expect(existsSync(endedFile(dataDir, 'run_1'))).toBe(true);
});

test('a list that is removed under a live process is made again with the next run that keeps a token', async () => {
  const { dataDir, index } = await endedWithToken();
  const world = openWorld({ dataDir, clock: () => 2000 });
  const claim = await start(world, 'run_2');
  unlinkSync(index);
  await append(world, claim, 1, [retained('hook_1', 'v'), runCompleted]);
  await world.close();
  const again = openWorld({ dataDir, clock: () => 2000 });
  expect(await ask(again, 'run_3')).toBe('run_1');
  expect(await ask(again, 'run_4', 'v')).toBe('run_2');
});

test('opening reads nothing of ended runs, however long they are and whatever they keep', async () => {
  const dataDir = temporaryDirectory();
  const first = openWorld({ dataDir, clock: () => 2000 });
  const claim = await start(first, 'run_1');
  await append(first, claim, 1, [retained('hook_1', 't')]);
  for (let round = 0; round < 100; round += 1) {
    const steps = Array.from({ length: 1000 }, (_, n) => stepCreated(`step_${round}_${n}`));
    await append(first, claim, 2 + round * 1000, steps);
  }
  await append(first, claim, 100_002, [runCompleted]);
  await first.close();
  const world = openWorld({ dataDir, clock: () => 2000 });
  expect(await ask(world, 'run_2')).toBe('run_1');
  expect(world.stats().readBytes).toBe(0);
});

test('tokens that are free by now leave the list when it is opened', async () => {
  const dataDir = temporaryDirectory();
  let now = 2000;
  const first = openWorld({ dataDir, clock: () => now });
  const claim = await start(first, 'run_1');
  const drafts = Array.from({ length: 1100 }, (_, n) => retained(`hook_${n}`, `t${n}`, 5000));
  await append(first, claim, 1, [...drafts, retained('hook_last', 'last'), runCompleted]);
  await first.close();
  now = 6001;
  const world = openWorld({ dataDir, clock: () => now });
  expect(await ask(world, 'run_2', 't7')).toBe('appended');
  expect(await ask(world, 'run_3', 'last')).toBe('run_1');
  expect(readFileSync(join(dataDir, 'retained.jsonl'), 'utf8').split('\n')).toHaveLength(3);
});
