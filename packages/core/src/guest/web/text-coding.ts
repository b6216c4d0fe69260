import { named, once } from '../lazy.ts';
import { encodingUnknown, textMalformed } from './messages.ts';
import { decodeUtf8, encodeUtf8, newUtf8State } from './utf8.ts';

type Encoding = 'utf-8' | 'utf-16le' | 'windows-1252';

const labels: Readonly<Record<Encoding, RegExp>> = {
  'utf-8': /^(?:utf-?8|unicode-1-1-utf-8|unicode11utf8|unicode20utf8|x-unicode20utf8)$/,
  'utf-16le': /^(?:utf-16(?:le)?|ucs-2|iso-10646-ucs-2|csunicode|unicode|unicodefeff)$/,
  'windows-1252':
    /^(?:latin1|l1|iso-?8859-?1|iso_8859-1(?::1987)?|iso-ir-100|ascii|us-ascii|ansi_x3.4-1968|cp1252|cp819|ibm819|csisolatin1|windows-1252|x-cp1252)$/,
};

/** Bytes 0x80 to 0x9f of windows-1252, which is what the web means by latin1. */
const upperControls = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

function encodingOf(label: string): Encoding {
  const text = label.trim().toLowerCase();
  const found = (Object.keys(labels) as Encoding[]).find((name) => labels[name].test(text));
  if (!found) throw encodingUnknown(label);
  return found;
}

function bytesOf(input: unknown): Uint8Array {
  if (input === undefined) return new Uint8Array();
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  throw new TypeError('Expected an ArrayBuffer or a view of one.');
}

/** Decodes pieces; undefined for malformed ones when `fatal`. */
type Pieces = (bytes: Uint8Array, end: 'end' | 'more') => string | undefined;

function utf8Pieces(fatal: boolean): Pieces {
  const state = newUtf8State();
  return (bytes, end) => decodeUtf8(bytes, { state, fatal, end: end === 'end' });
}

function utf16Pieces(fatal: boolean): Pieces {
  let left: number[] = [];
  let high = '';
  return (bytes, end) => {
    const all = [...left, ...bytes];
    let text = high;
    for (let i = 0; i + 1 < all.length; i += 2) text += String.fromCharCode(all[i]! | (all[i + 1]! << 8));
    left = all.length % 2 === 1 ? [all.at(-1)!] : [];
    high = end === 'more' && /[\ud800-\udbff]$/.test(text) ? text.slice(-1) : '';
    if (high !== '') text = text.slice(0, -1);
    // Half a unit after half a pair is one error.
    const odd = end === 'end' && left.length === 1 && !/[\ud800-\udbff]$/.test(text);
    if (end === 'end') left = [];
    if (fatal && (odd || !text.isWellFormed())) return undefined;
    return text.toWellFormed() + (odd ? '\ufffd' : '');
  };
}

function singleBytePieces(): Pieces {
  return (bytes) => {
    let text = '';
    for (const byte of bytes)
      text += byte >= 0x80 && byte < 0xa0 ? upperControls[byte - 0x80]! : String.fromCharCode(byte);
    return text;
  };
}

export const textEncoderClass: () => typeof TextEncoder = once(() => {
  class WorkflowTextEncoder {
    get encoding(): string {
      return 'utf-8';
    }
    encode(text: unknown = ''): Uint8Array {
      return encodeUtf8(String(text));
    }
    encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
      let [read, written] = [0, 0];
      for (const character of text) {
        const bytes = encodeUtf8(character);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        read += character.length;
        written += bytes.length;
      }
      return { read, written };
    }
  }
  return named(WorkflowTextEncoder, 'TextEncoder') as unknown as typeof TextEncoder;
});

export const textDecoderClass: () => typeof TextDecoder = once(() => {
  class WorkflowTextDecoder {
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    #pieces: Pieces | undefined;
    #mark: 'possible' | 'past' = 'possible';
    constructor(label: unknown = 'utf-8', options: { fatal?: unknown; ignoreBOM?: unknown } = {}) {
      this.encoding = encodingOf(String(label));
      this.fatal = Boolean(options.fatal);
      this.ignoreBOM = Boolean(options.ignoreBOM);
    }
    decode(input?: unknown, { stream = false }: { stream?: boolean } = {}): string {
      this.#pieces ??= this.#start();
      let text = this.#pieces(bytesOf(input), stream ? 'more' : 'end');
      if (text === undefined) {
        this.#pieces = undefined;
        throw textMalformed(this.encoding);
      }
      if (this.#mark === 'possible' && text !== '') {
        if (!this.ignoreBOM && this.encoding !== 'windows-1252' && text[0] === '\ufeff') text = text.slice(1);
        this.#mark = 'past';
      }
      if (!stream) {
        this.#pieces = undefined;
        this.#mark = 'possible';
      }
      return text;
    }
    #start(): Pieces {
      if (this.encoding === 'utf-8') return utf8Pieces(this.fatal);
      return this.encoding === 'utf-16le' ? utf16Pieces(this.fatal) : singleBytePieces();
    }
  }
  return named(WorkflowTextDecoder, 'TextDecoder') as unknown as typeof TextDecoder;
});
