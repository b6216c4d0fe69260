/** The server as a process that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  /** Resolves with the first line that includes a text, printed before or after the call. */
  line(text: string): Promise<string>;
  /** SIGKILL: no handler runs, nothing is flushed. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const appRoot = fileURLToPath(new URL('..', import.meta.url));

export async function startServer(dataDir: string): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--import', 'perdure/register', 'src/server.ts'], {
    cwd: appRoot,
    env: { ...process.env, PORT: '0', WORKFLOW_TARGET_WORLD: 'local', WORKFLOW_LOCAL_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
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
      child.once('exit', (code) =>
        reject(new Error(`The server ended (exit code ${code}) before it printed "${text}".`)),
      );
      look();
    });
  const port = (await line('listening on')).split(' ').at(-1);
  return {
    pid: child.pid!,
    url: `http://127.0.0.1:${port}`,
    line,
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
  };
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}
