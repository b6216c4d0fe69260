/** One direction of a connection: what is pushed goes out in one piece, in order, as late as the proxy says. */
import type { Socket } from 'node:net';

export interface Pace {
  readonly delayMs: number;
  /** Nothing goes on before it resolves. */
  readonly gate: Promise<void> | undefined;
}

export class Wire {
  readonly #socket: Socket;
  readonly #source: Socket;
  readonly #pace: Pace;
  #pushed: Buffer[] = [];
  /** Writes that wait, one after the other; undefined when none does. */
  #late: Promise<void> | undefined;

  constructor(socket: Socket, source: Socket, pace: Pace) {
    this.#socket = socket;
    this.#source = source;
    this.#pace = pace;
  }

  push(bytes: Buffer): void {
    this.#pushed.push(bytes);
  }

  flush(): void {
    if (this.#pushed.length === 0) return;
    const bytes = this.#pushed.length === 1 ? this.#pushed[0]! : Buffer.concat(this.#pushed);
    this.#pushed = [];
    this.#inTurn(() => this.#write(bytes));
  }

  /** After what was pushed. */
  end(): void {
    this.flush();
    this.#inTurn(() => this.#socket.end());
  }

  #inTurn(act: () => void): void {
    const { delayMs, gate } = this.#pace;
    if (delayMs === 0 && gate === undefined && this.#late === undefined) {
      act();
      return;
    }
    const late = Promise.all([this.#late, gate, passing(delayMs)]).then(() => {
      act();
      if (this.#late === late) this.#late = undefined;
    });
    this.#late = late;
  }

  #write(bytes: Buffer): void {
    if (this.#socket.destroyed || this.#socket.write(bytes)) return;
    this.#source.pause();
    this.#socket.once('drain', () => this.#source.resume());
  }
}

function passing(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
