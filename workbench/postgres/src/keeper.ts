/**
 * Keeps one Postgres for the process that started this one.
 *
 * It is the parent of the server and the owner of its files: when that process is gone, however it ended, the channel
 * to it closes; then the server is ended and the files are removed. It runs in a session of its own, so that
 * what ends the group of that process does not end this one first.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverAccount } from './account.ts';
import { binariesFor } from './binaries.ts';
import { programEnv } from './config.ts';

export interface Order {
  readonly id: number;
  readonly verb: 'start' | 'stop';
  /** `fast` writes a checkpoint, `immediate` is a crash of the server. */
  readonly mode?: StopMode;
}

export type StopMode = 'fast' | 'immediate';

export interface Answer {
  readonly id: number;
  readonly error?: string;
  readonly place?: Place;
}

export interface Place {
  readonly port: number;
  /** Of the server's first process. */
  readonly pid: number;
  readonly dataDir: string;
}

const settings = JSON.parse(process.argv[2]!) as Record<string, string>;
const signals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
const account = serverAccount();
const directory = mkdtempSync(join(tmpdir(), 'perdure-postgres-'));
const dataDir = join(directory, 'data');
let binaries: string | undefined;
let port: number | undefined;
let running: ChildProcess | undefined;
let ending = false;

/** A port that nobody listens on, outside of the range from which systems give ports away: it stays free over a stop. */
async function freePort(): Promise<number> {
  for (;;) {
    const candidate = 15_000 + Math.floor(Math.random() * 17_000);
    const probe = createServer().listen(candidate, '127.0.0.1');
    const free = await Promise.race([
      once(probe, 'listening').then(() => true),
      once(probe, 'error').then(() => false),
    ]);
    probe.close();
    if (free) return candidate;
  }
}

/** Runs a program as the server's account, until `done` finds what it looks for in its output, or it ends. */
async function run(name: string, args: readonly string[], done?: string): Promise<ChildProcess> {
  const child = spawn(join(binaries!, name), args, {
    ...account,
    cwd: directory,
    env: programEnv(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running = child;
  let output = '';
  const found = new Promise<void>((resolve) => {
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-10_000);
      if (done !== undefined && output.includes(done)) resolve();
    });
  });
  const ended = once(child, 'close').then(([code]) => {
    running = undefined;
    if (done !== undefined || code !== 0) throw new Error(`${name} ended with ${code}: ${output}`);
  });
  ended.catch(() => undefined);
  await Promise.race(done === undefined ? [ended] : [found, ended]);
  return child;
}

async function initialize(): Promise<void> {
  if (account) chownSync(directory, account.uid, account.gid);
  chmodSync(directory, 0o700);
  binaries = binariesFor(account, directory);
  const how = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  await run('initdb', ['-D', dataDir, ...how]);
}

async function start(): Promise<Place> {
  if (running) throw new Error('Expected a server that does not run, got one that does.');
  if (binaries === undefined) await initialize();
  for (let tries = 1; ; tries += 1) {
    const at = port ?? (await freePort());
    const all = { ...settings, lc_messages: 'C', unix_socket_directories: '' };
    const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    try {
      const place = ['-D', dataDir, '-h', '127.0.0.1', '-p', String(at)];
      const { pid } = await run('postgres', [...place, ...options], 'ready to accept connections');
      port = at;
      return { port, pid: pid!, dataDir };
    } catch (error) {
      // Somebody took the port since it was looked at.
      const taken = port === undefined && String(error).includes('could not bind');
      if (!taken || tries === 5) throw error;
    }
  }
}

async function stop(mode: StopMode): Promise<void> {
  const child = running;
  if (!child) return;
  const closed = once(child, 'close');
  child.kill(signals[mode]);
  await closed;
}

async function end(): Promise<void> {
  ending = true;
  await stop('immediate');
  rmSync(directory, { recursive: true, force: true });
  process.exit(0);
}

async function obey({ id, verb, mode = 'fast' }: Order): Promise<Answer> {
  if (ending) return { id };
  try {
    if (verb === 'start') return { id, place: await start() };
    await stop(mode);
    return { id };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

let last: Promise<unknown> = Promise.resolve();

// One order at a time.
process.on('message', (order: Order) => {
  last = last.then(() => obey(order)).then((answer) => process.connected && process.send!(answer));
});
process.on('disconnect', () => void end());
// It ends with its parent, and not before.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
if (!process.connected) await end();
