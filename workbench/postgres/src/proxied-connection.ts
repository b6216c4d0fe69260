/**
 * One connection through the proxy: frames go from one side to the other, but for the statements that a fault is for.
 *
 * A request is a simple query, or what comes up to a `Sync`; the server answers each with one `ReadyForQuery`, in order.
 * A statement that shall fail is replaced by one that raises its error, so that the server's transaction fails as well.
 */
import { connect, type Socket } from 'node:net';
import type { CutHow, ErrorFault, Fault, Injected, Statement } from './faults.ts';
import {
  extendedFrames,
  type Frame,
  FrameReader,
  fatalFrame,
  notEncrypted,
  queryFrame,
  type Status,
  startOf,
  statementOf,
  statusOf,
  tagOf,
} from './protocol.ts';
import { type Pace, Wire } from './wire.ts';

/** What the proxy tells its connections, and is told by them. */
export interface Middle extends Pace {
  readonly target: { readonly host: string; readonly port: number };
  /** The SQLSTATE with which sessions are refused. */
  readonly refusal: string | undefined;
  faultFor(statement: Statement): { readonly fault: Fault; readonly injected: Injected } | undefined;
  /** A statement that goes to the server. */
  passed(text: string): void;
  /** A transaction, or a statement that is one, was committed and its client will be told. */
  committed(): void;
  /** The connection was cut by a fault, or on demand. */
  cut(): void;
  closed(connection: ProxiedConnection): void;
}

interface Request {
  text?: string;
  doom?: { readonly fault: Fault; readonly injected: Injected };
  failed?: boolean;
  tag?: string;
}

/** Of an answer to a statement that was replaced, what the client may see. */
const visibleFrames = new Set(['E', 'Z', 'A', 'N', 'S']);

export class ProxiedConnection {
  readonly number: number;
  readonly #middle: Middle;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #toClient: Wire;
  readonly #toServer: Wire;
  readonly #statements = new Map<string, string>();
  readonly #requests: Request[] = [];
  #open: Request | undefined;
  #status: Status = 'I';
  #closed = false;

  constructor(client: Socket, number: number, middle: Middle) {
    this.number = number;
    this.#middle = middle;
    this.#client = client;
    this.#server = connect({ ...middle.target, noDelay: true });
    this.#toClient = new Wire(client, this.#server, middle);
    this.#toServer = new Wire(this.#server, client, middle);
    this.#pump(client, new FrameReader('client'), (frame) => this.#fromClient(frame));
    this.#pump(this.#server, new FrameReader('server'), (frame) => this.#fromServer(frame));
  }

  cut(how: CutHow = 'end'): void {
    if (this.#closed) return;
    this.#middle.cut();
    for (const socket of [this.#client, this.#server]) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    }
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#middle.closed(this);
  }

  #pump(socket: Socket, reader: FrameReader, take: (frame: Frame) => void): void {
    socket.on('data', (chunk) => {
      for (const frame of reader.read(chunk)) {
        if (this.#closed) return;
        take(frame);
      }
      this.#toClient.flush();
      this.#toServer.flush();
    });
    // An error is followed by the close; one side's end is the other's, after what was on its way.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (socket === this.#server) {
        this.#toClient.end();
      } else {
        this.#toServer.end();
        this.#close();
      }
    });
  }

  #fromClient(frame: Frame): void {
    if (frame.type === 'start') {
      this.#start(frame);
      return;
    }
    const said = statementOf(frame);
    if (said) this.#say(frame.type, said);
    if (this.#closed) return;
    const request =
      this.#open ?? (extendedFrames.has(frame.type) || frame.type === 'S' ? this.#begin() : undefined);
    const fault = request?.doom?.fault;
    const last = frame.type === 'Q' || frame.type === 'F' || frame.type === 'S';
    if (fault?.kind !== 'error') this.#toServer.push(frame.bytes);
    else if (last) this.#toServer.push(queryFrame(raising(fault, request!.text!)));
    if (last) this.#open = undefined;
  }

  #start(frame: Frame): void {
    const { refusal } = this.#middle;
    const wanted = startOf(frame);
    if (wanted === 'encryption') {
      this.#toClient.push(notEncrypted);
    } else if (wanted === 'session' && refusal !== undefined) {
      this.#dismiss(refusal, 'refused by the proxy');
    } else {
      // The server's word that the session is ready is like that after a request.
      this.#requests.push({});
      this.#toServer.push(frame.bytes);
    }
  }

  #begin(): Request {
    this.#open = {};
    this.#requests.push(this.#open);
    return this.#open;
  }

  #say(type: string, { name, text: given }: { readonly name?: string; readonly text?: string }): void {
    const request = this.#open ?? this.#begin();
    if (name !== undefined && given !== undefined) this.#statements.set(name, given);
    const text = given ?? this.#statements.get(name!) ?? '';
    // What binds the statement that was parsed just before is no other one.
    if (type === 'B' && request.text?.endsWith(text)) return;
    request.text = request.text === undefined ? text : `${request.text}; ${text}`;
    if (request.doom) return;
    request.doom = this.#middle.faultFor({ text, connection: this.number });
    const fault = request.doom?.fault;
    if (fault?.kind === 'cut' && fault.at === 'request') {
      this.cut(fault.how);
      request.doom!.injected.hit();
    } else if (fault?.kind === 'error' && fault.fatal) {
      request.doom!.injected.hit();
      this.#dismiss(fault.code, fault.message ?? 'raised by the proxy');
    } else if (fault?.kind !== 'error') {
      this.#middle.passed(text);
    }
  }

  #fromServer(frame: Frame): void {
    const request = this.#requests[0];
    const fault = request?.doom?.fault;
    if (request && frame.type === 'E') {
      request.failed = true;
      // Now: a client that hears of an error may leave before the server is ready again.
      if (fault?.kind === 'error') request.doom!.injected.hit();
    }
    if (request && frame.type === 'C') request.tag = tagOf(frame);
    if (fault?.kind === 'cut') {
      if (frame.type !== 'Z') return;
      // Answers to what was asked before are told.
      this.#toClient.flush();
      this.cut(fault.how);
      request!.doom!.injected.hit();
      return;
    }
    if (fault === undefined || visibleFrames.has(frame.type)) this.#toClient.push(frame.bytes);
    if (frame.type === 'Z') this.#ready(frame);
  }

  #ready(frame: Frame): void {
    const request = this.#requests.shift();
    this.#status = statusOf(frame);
    if (
      !request?.doom &&
      request?.text !== undefined &&
      this.#status === 'I' &&
      !request.failed &&
      request.tag !== 'ROLLBACK'
    ) {
      this.#middle.committed();
    }
  }

  /** Tells the client why, and ends both sides. */
  #dismiss(code: string, message: string): void {
    this.#toClient.push(fatalFrame(code, message));
    this.#toClient.end();
    this.#server.destroy();
  }
}

/** A statement that fails as asked; one that would have ended the transaction ends it by that. */
function raising(fault: ErrorFault, text: string): string {
  const ends = /^\s*(commit|end)\b/i.test(text) ? 'ROLLBACK; ' : '';
  const message = (fault.message ?? 'raised by the proxy').replaceAll("'", "''");
  return `${ends}DO $raise$ BEGIN RAISE EXCEPTION USING ERRCODE = '${fault.code}', MESSAGE = '${message}'; END $raise$`;
}
