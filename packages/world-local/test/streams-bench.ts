/**
 * Streams beside raw file writes: node packages/world-local/test/streams-bench.ts [megabytes] [chunk bytes]
 *
 * One process, `durability: 'process'`, in the system's temporary directory. Raw is one `writeSync` or `readSync` a chunk.
 * Every number is the best of three rounds.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalWorld } from '../src/index.ts';

const megabytes = Number(process.argv[2] ?? 512);
const chunkBytes = Number(process.argv[3] ?? 64 * 1024);
const count = Math.floor((megabytes * 1024 * 1024) / chunkBytes);
const chunk = new Uint8Array(chunkBytes).map((_, index) => index * 7);
const directory = mkdtempSync(join(tmpdir(), 'perdure-streams-'));
const world = createLocalWorld({ dataDir: join(directory, 'data') });

function report(what: string, milliseconds: number): void {
  const rate = (count * chunkBytes) / 1e6 / (milliseconds / 1000);
  console.log(
    `${what.padEnd(24)} ${rate.toFixed(0).padStart(6)} MB/s ${((milliseconds * 1000) / count).toFixed(1)} us/chunk`,
  );
}

async function best(body: (round: number) => Promise<void> | void): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const start = performance.now();
    await body(round);
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

function raw(round: number): void {
  const fd = openSync(join(directory, `raw${round}`), 'w', 0o600);
  for (let n = 0; n < count; n += 1) writeSync(fd, chunk);
  closeSync(fd);
}

function rawRead(round: number): void {
  const fd = openSync(join(directory, `raw${round}`), 'r');
  for (let n = 0; n < count; n += 1) readSync(fd, new Uint8Array(chunkBytes), 0, chunkBytes, n * chunkBytes);
  closeSync(fd);
}

async function readAll(name: string): Promise<void> {
  let next = 0;
  for (let tail = 1; next < tail; ) {
    const page = await world.streams.read('run_1', name, { from: next });
    tail = page.tail;
    next += page.chunks.length;
  }
  if (next !== count) throw new Error(`read ${next} of ${count} chunks`);
}

/** From the call of `append` to the chunk in a reader's hand, over a stream that grows. */
async function latencies(): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < 2000; n += 1) {
    const start = performance.now();
    const { tail } = await world.streams.append('run_1', 'latency', [chunk]);
    const { chunks } = await world.streams.read('run_1', 'latency', { from: tail - 1 });
    if (chunks.length !== 1) throw new Error('the chunk is not there');
    times.push(performance.now() - start);
  }
  return times.sort((left, right) => left - right);
}

try {
  const eventData = { workflowName: 'flow', program: 'abc', seed: 's', input: '[]' };
  const event = {
    runId: 'run_1',
    eventId: 'evnt_0000000001',
    version: 1,
    eventType: 'run_created',
    createdAt: 0,
    eventData,
  };
  await world.runs.create(event as Parameters<typeof world.runs.create>[0]);
  console.log(`${count} chunks of ${chunkBytes} bytes`);
  report('raw write', await best(raw));
  report(
    'append',
    await best(async (round) => {
      for (let n = 0; n < count; n += 1) await world.streams.append('run_1', `s${round}`, [chunk]);
    }),
  );
  report('raw read', await best(rawRead));
  report('read', await best((round) => readAll(`s${round}`)));
  const times = await latencies();
  const [p50, p99] = [times[1000]!, times[1980]!];
  console.log(
    `append, then read it: p50 ${p50.toFixed(3)} ms, p99 ${p99.toFixed(3)} ms, first ${times[0]!.toFixed(3)} ms`,
  );
  console.log(
    `heap ${(process.memoryUsage().heapUsed / 1e6).toFixed(0)} MB, resident ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
  );
} finally {
  await world.close();
  rmSync(directory, { recursive: true, force: true });
}
