/** A worker process as its parent sees it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** What is remembered of a worker process. */
export interface Life {
  readonly pid: number;
  readonly spawnedAt: number;
  /** When it began to drive, or to wait for its turn. */
  readyAt?: number;
  /** From when on others may go on with what it had: its end or, where claims are leased to processes, a long stop. */
  replaceableFrom?: number;
  end: 'alive' | 'killed' | 'closed' | 'by itself';
  /** How often it was stopped for longer than its lease. */
  stops: number;
  /** What it complained about. */
  readonly complaints: string[];
}

export interface WorkerOptions {
  /** What puts it on a world. */
  readonly env: Readonly<Record<string, string>>;
  readonly effects: string;
  readonly leaseMs: number;
}

const loader = pathToFileURL(createRequire(import.meta.url).resolve('perdure/register')).href;
const script = fileURLToPath(new URL('./worker.ts', import.meta.url));

export class WorkerProcess {
  readonly life: Life;
  /** Resolves when it begins to drive, or is gone. */
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  constructor({ env, effects, leaseMs }: WorkerOptions) {
    const child = spawn(process.execPath, ['--import', loader, script], {
      env: {
        ...process.env,
        ...env,
        CHAOS_EFFECTS: effects,
        CHAOS_LEASE_MS: String(leaseMs),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    const life: Life = { pid: child.pid!, spawnedAt: Date.now(), end: 'alive', stops: 0, complaints: [] };
    this.life = life;
    this.#exit = once(child, 'exit').then(() => {
      if (life.end !== 'alive') return;
      life.end = 'by itself';
      // Heard of a moment after it; a worker that ends by itself is a problem in any case.
      life.replaceableFrom = 0;
    });
    const begun = once(child.stdout!, 'data').then(() => {
      life.readyAt = Date.now();
    });
    this.ready = Promise.race([begun, this.#exit.then(() => undefined)]);
    child.stderr!.setEncoding('utf8').on('data', (text: string) => life.complaints.push(text.trim()));
    // A process that dies takes its end of the pipe with it.
    child.stdin!.on('error', () => undefined);
  }

  get alive(): boolean {
    return this.life.end === 'alive';
  }

  /** SIGKILL: no handler runs, nothing is flushed. */
  kill(): Promise<void> {
    return this.#end('killed', 'SIGKILL');
  }

  close(): Promise<void> {
    return this.#end('closed', 'SIGTERM');
  }

  /** Takes its time away, and gives it back. */
  stop(): void {
    this.life.stops += 1;
    this.#child.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child.kill('SIGCONT');
  }

  async #end(how: 'killed' | 'closed', signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.alive) {
      this.life.end = how;
      this.life.replaceableFrom ??= Date.now();
      this.#child.kill(signal);
    }
    await this.#exit;
  }
}
