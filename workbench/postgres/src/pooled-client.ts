/** One client of a pooler: has a link to the server only from a transaction's first word to its end. */
import type { Socket } from 'node:net';
import type { LinkPool } from './link-pool.ts';
import {
  extendedFrames,
  type Frame,
  FrameReader,
  fatalFrame,
  notEncrypted,
  readyFrame,
  startOf,
  startParameters,
  statusOf,
  welcomeFrame,
} from './protocol.ts';
import type { ServerLink } from './server-link.ts';

/** What a session may start with; the pooler sees to these, or knows that they change nothing. */
const knownParameters: ReadonlySet<string> = new Set([
  'user',
  'database',
  'application_name',
  'client_encoding',
  'datestyle',
  'timezone',
  'standard_conforming_strings',
]);

export class PooledClient {
  readonly #socket: Socket;
  readonly #poolOf: (user: string, database: string) => LinkPool;
  #pool: LinkPool | undefined;
  #link: ServerLink | undefined;
  /** Frames that wait for a link; undefined when none was asked for. */
  #early: Buffer[] | undefined;
  /** Requests that the server has not answered. */
  #pending = 0;
  /** Frames went out that belong to a request without an end yet. */
  #within = false;
  #gone = false;

  constructor(socket: Socket, poolOf: (user: string, database: string) => LinkPool) {
    this.#socket = socket;
    this.#poolOf = poolOf;
    const reader = new FrameReader('client');
    socket.on('data', (chunk) => {
      for (const frame of reader.read(chunk)) {
        if (frame.type === 'start') this.#start(frame);
        else if (frame.type === 'X') socket.end();
        else this.#say(frame);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#leave());
  }

  #start(frame: Frame): void {
    const wanted = startOf(frame);
    if (wanted === 'encryption') this.#socket.write(notEncrypted);
    else if (wanted === 'cancel') this.#socket.destroy();
    else void this.#welcome(startParameters(frame));
  }

  async #welcome(parameters: ReadonlyMap<string, string>): Promise<void> {
    const foreign = [...parameters.keys()].find((name) => !knownParameters.has(name.toLowerCase()));
    if (foreign !== undefined) return this.#dismiss(`unsupported startup parameter: ${foreign}`);
    const user = parameters.get('user') ?? '';
    this.#pool = this.#poolOf(user, parameters.get('database') ?? user);
    try {
      const told = await this.#pool.parameters();
      this.#socket.write(Buffer.concat([welcomeFrame(), ...told, readyFrame('I')]));
    } catch (refusal) {
      this.#refuse(refusal as Frame | 'unreachable');
    }
  }

  #say({ type, bytes }: Frame): void {
    if (type === 'Q' || type === 'F' || type === 'S') {
      this.#pending += 1;
      this.#within = false;
    } else if (extendedFrames.has(type)) {
      this.#within = true;
    }
    if (this.#link) {
      this.#link.write(bytes);
    } else if (this.#early) {
      this.#early.push(bytes);
    } else {
      this.#early = [bytes];
      void this.#borrow();
    }
  }

  async #borrow(): Promise<void> {
    try {
      const link = await this.#pool!.take();
      if (this.#gone) return this.#pool!.giveBack(link);
      this.#link = link;
      link.lendTo({ hear: (frame) => this.#hear(frame), lost: () => this.#dismiss('server conn crashed?') });
      for (const bytes of this.#early!) link.write(bytes);
      this.#early = undefined;
    } catch (refusal) {
      this.#refuse(refusal as Frame | 'unreachable');
    }
  }

  #hear(frame: Frame): void {
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(frame.bytes);
    if (frame.type !== 'Z') return;
    this.#pending -= 1;
    if (this.#pending > 0 || this.#within || statusOf(frame) !== 'I') return;
    const link = this.#link!;
    this.#link = undefined;
    this.#pool!.giveBack(link);
  }

  #refuse(refusal: Frame | 'unreachable'): void {
    if (refusal === 'unreachable') this.#dismiss('server conn crashed?');
    else this.#socket.end(refusal.bytes);
  }

  #dismiss(message: string): void {
    this.#socket.end(fatalFrame('08P01', message));
  }

  /** A transaction that was not ended ends with its link. */
  #leave(): void {
    this.#gone = true;
    const link = this.#link;
    this.#link = undefined;
    if (!link) return;
    link.destroy();
    this.#pool!.giveBack(link);
  }
}
