import type { Writable } from 'node:stream';
import { jsonText, lines } from './printable.ts';

/** The only writer of this package: whatever goes to a person is made printable here. */
export class Output {
  readonly #stdout: Writable;
  readonly #stderr: Writable;
  readonly #print: (text: string) => void;
  readonly #onError = (error: NodeJS.ErrnoException): void => {
    // The reader of a pipe has seen enough, as with `| head`.
    if (error.code !== 'EPIPE') throw error;
  };

  constructor(stdout: Writable, stderr: Writable) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    // Taken now: while a run prints JSON, what steps write to stdout is sent elsewhere.
    const write = stdout.write;
    this.#print = (text) => void Reflect.apply(write, stdout, [text]);
    stdout.on('error', this.#onError);
    stderr.on('error', this.#onError);
  }

  /** What was asked for, for people. */
  line(text: string): void {
    this.#print(`${lines(text)}\n`);
  }

  /** What was not asked for: progress and problems. */
  note(text: string): void {
    this.#stderr.write(`${lines(text)}\n`);
  }

  /** What was asked for, for programs; `compact` is one line. */
  json(value: unknown, layout: 'compact' | 'indented'): void {
    this.#print(`${jsonText(value, layout === 'compact' ? 0 : 2)}\n`);
  }

  /** Sends what others write to stdout to stderr, until the returned function is called. */
  divert(): () => void {
    const target = process.stdout;
    const original = target.write;
    const stderr = this.#stderr;
    target.write = function write(...args: unknown[]): boolean {
      return Reflect.apply(stderr.write, stderr, args) as boolean;
    };
    return () => {
      target.write = original;
    };
  }

  /** Settles when everything has been handed to the system. */
  async close(): Promise<void> {
    const streams = [this.#stdout, this.#stderr];
    await Promise.all(streams.map((stream) => new Promise<void>((done) => stream.write('', () => done()))));
    for (const stream of streams) stream.off('error', this.#onError);
  }
}
