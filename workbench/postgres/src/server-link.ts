/** One connection of a pooler to the server: lent to a client for a transaction at a time. */
import { connect, type Socket } from 'node:net';
import { type Frame, FrameReader, startFrame, statusOf } from './protocol.ts';

/** Who has the link now, and is told what the server says. */
export interface Borrower {
  hear(frame: Frame): void;
  /** The link is gone. */
  lost(): void;
}

export class ServerLink {
  /** What the server said of itself at the start, for clients that come later. */
  readonly parameters: Buffer[] = [];
  readonly #socket: Socket;
  #borrower: Borrower | undefined;
  #broken = false;

  /** Calls `settled` once: without an argument when the session is ready, else with what the server said. */
  constructor(
    target: { readonly host: string; readonly port: number },
    identity: ReadonlyMap<string, string>,
    settled: (refusal?: Frame | 'unreachable') => void,
  ) {
    const reader = new FrameReader('server');
    let starting = true;
    const settle = (refusal?: Frame | 'unreachable'): void => {
      if (starting) settled(refusal);
      starting = false;
    };
    this.#socket = connect({ ...target, noDelay: true }, () => this.#socket.write(startFrame(identity)));
    this.#socket.on('data', (chunk) => {
      for (const frame of reader.read(chunk)) {
        if (!starting) this.#borrower?.hear(frame);
        else if (frame.type === 'S') this.parameters.push(frame.bytes);
        else if (frame.type === 'E') settle(frame);
        else if (frame.type === 'Z') settle(statusOf(frame) === 'I' ? undefined : 'unreachable');
      }
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#broken = true;
      settle('unreachable');
      this.#borrower?.lost();
    });
  }

  get broken(): boolean {
    return this.#broken;
  }

  /** What the server says while nobody has the link, notifications included, is lost. */
  lendTo(borrower: Borrower | undefined): void {
    this.#borrower = borrower;
  }

  /** What is written in one go goes out in one piece. */
  write(bytes: Buffer): void {
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(bytes);
  }

  destroy(): void {
    this.#broken = true;
    this.#socket.destroy();
  }
}
