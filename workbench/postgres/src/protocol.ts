/** The frames of Postgres's protocol, version 3: as much as something in the middle has to know. */

/** One message. The first of a client has no type; here it is `start`. */
export interface Frame {
  readonly type: string;
  readonly body: Buffer;
  /** As it came. */
  readonly bytes: Buffer;
}

/** Of `ReadyForQuery`: idle, in a transaction, in one that failed. */
export type Status = 'I' | 'T' | 'E';

const headerBytes = 5;

/** Cuts what arrives into frames, however it is cut up; in linear time for large ones, too. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Less than this is no frame. */
  #wanted = headerBytes;
  #starting: boolean;

  constructor(side: 'client' | 'server') {
    this.#starting = side === 'client';
  }

  *read(chunk: Buffer): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return;
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (;;) {
      const end = this.#endOf(rest);
      this.#wanted = end;
      if (rest.length < end) break;
      const frame = this.#frameOf(rest.subarray(0, end));
      rest = rest.subarray(end);
      yield frame;
    }
    this.#chunks = [rest];
    this.#length = rest.length;
  }

  /** Where the first frame ends; before its length is there, where that does. */
  #endOf(bytes: Buffer): number {
    const skip = this.#starting ? 0 : 1;
    return bytes.length < headerBytes ? headerBytes : skip + bytes.readInt32BE(skip);
  }

  #frameOf(bytes: Buffer): Frame {
    if (!this.#starting)
      return { type: String.fromCharCode(bytes[0]!), body: bytes.subarray(headerBytes), bytes };
    const frame = { type: 'start', body: bytes.subarray(4), bytes };
    // A request for encryption is answered, and followed by another start.
    this.#starting = startOf(frame) === 'encryption';
    return frame;
  }
}

/** What the first frame of a client asks for. */
export function startOf({ body }: Frame): 'session' | 'encryption' | 'cancel' {
  const code = body.readInt32BE(0);
  if (code === 80_877_103 || code === 80_877_104) return 'encryption';
  return code === 80_877_102 ? 'cancel' : 'session';
}

/** The answer to a request for encryption: none here. */
export const notEncrypted: Buffer = Buffer.from('N');

/** The parameters of the start of a session. */
export function startParameters({ body }: Frame): Map<string, string> {
  const texts = body.toString('utf8', 4).split('\0');
  const parameters = new Map<string, string>();
  for (let i = 0; i + 1 < texts.length && texts[i] !== ''; i += 2) parameters.set(texts[i]!, texts[i + 1]!);
  return parameters;
}

export function startFrame(parameters: ReadonlyMap<string, string>): Buffer {
  const texts = [...parameters].flat();
  const body = Buffer.from(`....${[...texts, ''].map((text) => `${text}\0`).join('')}`);
  body.writeInt32BE(3 << 16, 0);
  return framed('', body);
}

function framed(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type, 'latin1'), length, body]);
}

/** Strings that end with a zero byte, as many as asked for. */
function stringsOf(body: Buffer, count: number): string[] {
  return body.toString('utf8').split('\0', count);
}

/** What one frame of a client says of statements: a text to run, a named text, or the use of a name. */
export function statementOf({
  type,
  body,
}: Frame): { readonly text?: string; readonly name?: string } | undefined {
  if (type === 'Q') return { text: stringsOf(body, 1)[0]! };
  if (type === 'F') return { text: 'function call' };
  const [first, second] = type === 'P' || type === 'B' ? stringsOf(body, 2) : [];
  if (type === 'P') return { name: first!, text: second! };
  return type === 'B' ? { name: second! } : undefined;
}

/** Frames that are part of a request of the extended protocol, which ends with `S`. */
export const extendedFrames: ReadonlySet<string> = new Set(['P', 'B', 'D', 'E', 'C', 'H']);

export function statusOf({ body }: Frame): Status {
  return String.fromCharCode(body[0]!) as Status;
}

/** What the server says it did: `COMMIT`, `INSERT 0 1`, ... */
export function tagOf({ body }: Frame): string {
  return stringsOf(body, 1)[0]!;
}

export function queryFrame(text: string): Buffer {
  return framed('Q', Buffer.from(`${text}\0`));
}

export function readyFrame(status: Status): Buffer {
  return framed('Z', Buffer.from(status));
}

/** `AuthenticationOk`: nobody has to say who they are here. */
export function welcomeFrame(): Buffer {
  return framed('R', Buffer.alloc(4));
}

/** What a server says before it ends a connection. */
export function fatalFrame(code: string, message: string): Buffer {
  const fields = ['SFATAL', 'VFATAL', `C${code}`, `M${message}`, ''];
  return framed('E', Buffer.from(fields.map((field) => `${field}\0`).join('')));
}
