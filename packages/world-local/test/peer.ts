import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** Another process that has a world in the same directory. */
export class Peer {
  readonly process: ChildProcess;
  readonly #calls = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>();
  #id = 0;

  private constructor(child: ChildProcess) {
    this.process = child;
    child.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: unknown }) => {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      if (error) call?.reject(error);
      else call?.resolve(result as never);
    });
  }

  static async start(dataDir: string): Promise<Peer> {
    const child = fork(new URL('./peer-process.ts', import.meta.url), [dataDir], {
      serialization: 'advanced',
    });
    const peer = new Peer(child);
    // Gone before the directory goes: a live driver would make it again.
    onTestFinished(() => peer.kill());
    await once(child, 'message');
    return peer;
  }

  call<T>(call: string, ...args: unknown[]): Promise<T> {
    this.#id += 1;
    const id = this.#id;
    return new Promise<T>((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.process.send({ id, call, args });
    });
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }
}
