import { named, once } from '../lazy.ts';
import { inStep } from './messages.ts';
import { encodeUtf8, utf8Text } from './utf8.ts';

interface Content {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

const contents = new WeakMap<object, Content>();

export function blobContent(value: unknown): Content | undefined {
  return typeof value === 'object' && value !== null ? contents.get(value) : undefined;
}

/** A copy of the bytes of a buffer or view; undefined for anything else. */
export function bytesCopy(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  if (!ArrayBuffer.isView(value)) return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function normalType(type: unknown): string {
  const text = type === undefined ? '' : String(type);
  return /[^\x20-\x7e]/.test(text) ? '' : text.toLowerCase();
}

/** An index as `slice` takes it: negative ones count from the end. */
function clamp(index: number | undefined, size: number, otherwise: number): number {
  const at = index === undefined ? otherwise : Math.trunc(Number(index)) || 0;
  return at < 0 ? Math.max(size + at, 0) : Math.min(at, size);
}

export const blobClass: () => typeof Blob = once(() => {
  class WorkflowBlob {
    constructor(parts: Iterable<unknown> = [], options: { type?: unknown } = {}) {
      const bytes = Array.from(
        parts,
        (part) => blobContent(part)?.bytes ?? bytesCopy(part) ?? encodeUtf8(String(part)),
      );
      contents.set(this, { bytes: joined(bytes), type: normalType(options.type) });
    }
    get size(): number {
      return contents.get(this)!.bytes.length;
    }
    get type(): string {
      return contents.get(this)!.type;
    }
    slice(start?: number, end?: number, type?: string): WorkflowBlob {
      const { bytes } = contents.get(this)!;
      const part = new WorkflowBlob([], { type });
      const [from, to] = [clamp(start, bytes.length, 0), clamp(end, bytes.length, bytes.length)];
      contents.set(part, { bytes: bytes.slice(from, to), type: normalType(type) });
      return part;
    }
    async text(): Promise<string> {
      return utf8Text(contents.get(this)!.bytes);
    }
    async arrayBuffer(): Promise<ArrayBuffer> {
      return contents.get(this)!.bytes.slice().buffer;
    }
    async bytes(): Promise<Uint8Array> {
      return contents.get(this)!.bytes.slice();
    }
    stream(): never {
      throw inStep('Blob.stream()');
    }
  }
  return named(WorkflowBlob, 'Blob') as unknown as typeof Blob;
});

export const fileClass: () => typeof File = once(() => {
  class WorkflowFile extends blobClass() {
    readonly name: string;
    readonly lastModified: number;
    constructor(parts: BlobPart[], name: unknown, options: { type?: string; lastModified?: number } = {}) {
      super(parts as never, options);
      this.name = String(name);
      this.lastModified = options.lastModified ?? Date.now();
    }
  }
  return named(WorkflowFile, 'File') as unknown as typeof File;
});

type BlobPart = NonNullable<ConstructorParameters<typeof Blob>[0]>[number];
