/** An app's server as a process that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface ServerOptions {
  /** Directory of the app. */
  readonly directory: string;
  /** What node is started with there. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  /** What it printed on stderr so far, by line. */
  readonly complaints: string[];
  /** Resolves with the first line that includes a text, printed before or after the call. */
  line(text: string): Promise<string>;
  /** SIGKILL: no handler runs, nothing is flushed. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server that prints `listening on <port>` when it is ready, on a free port of loopback. */
export async function startServer({ directory, args, env }: ServerOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...args], {
    cwd: directory,
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const complaints: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const line = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find((one) => one.includes(text));
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      child.once('close', (code) => reject(endedEarly(code, text, complaints)));
      look();
    });
  const port = (await line('listening on')).split(' ').at(-1);
  return {
    pid: child.pid!,
    url: `http://127.0.0.1:${port}`,
    complaints,
    line,
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
  };
}

function endedEarly(code: number | null, text: string, complaints: readonly string[]): Error {
  return new Error(
    `The server ended (exit code ${code}) before it printed "${text}".\n${complaints.slice(-20).join('\n')}`,
  );
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill(signal);
  await ended;
}

/** What came on stderr since the last call; where a report is expected, those that do not name it. */
export function problemsOf({ complaints }: ServerProcess, expected: string | undefined): string[] {
  const lines = complaints.splice(0);
  if (expected === undefined) return lines;
  return lines.filter((line) => line.startsWith('perdure: ') && !line.includes(expected));
}
