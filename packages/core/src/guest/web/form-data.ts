import { named, once } from '../lazy.ts';
import { blobContent, fileClass, joined } from './blob.ts';
import { notForm } from './messages.ts';
import { addReaders, type Pair } from './pair-list.ts';
import { encodeUtf8, utf8Text } from './utf8.ts';

type Value = string | File;

const lists = new WeakMap<object, Pair<Value>[]>();

export function formPairs(value: unknown): readonly Pair<Value>[] | undefined {
  return typeof value === 'object' && value !== null ? lists.get(value) : undefined;
}

function entry(name: unknown, value: unknown, filename: unknown): Pair<Value> {
  const key = String(name).toWellFormed();
  const content = blobContent(value);
  if (!content) return [key, String(value).toWellFormed()];
  if (value instanceof fileClass() && filename === undefined) return [key, value];
  const called = filename ?? (value as { name?: unknown }).name ?? 'blob';
  return [key, new (fileClass())([content.bytes], String(called), { type: content.type })];
}

export const formDataClass: () => typeof FormData = once(() => {
  class WorkflowFormData {
    constructor() {
      lists.set(this, []);
    }
    append(name: unknown, value: unknown, filename?: unknown): void {
      lists.get(this)!.push(entry(name, value, filename));
    }
    delete(name: unknown): void {
      const left = lists.get(this)!.filter((pair) => pair[0] !== String(name));
      lists.set(this, left);
    }
    get(name: unknown): Value | null {
      return lists.get(this)!.find((pair) => pair[0] === String(name))?.[1] ?? null;
    }
    getAll(name: unknown): Value[] {
      return lists.get(this)!.flatMap((pair) => (pair[0] === String(name) ? [pair[1]] : []));
    }
    has(name: unknown): boolean {
      return lists.get(this)!.some((pair) => pair[0] === String(name));
    }
    set(name: unknown, value: unknown, filename?: unknown): void {
      const list = lists.get(this)!;
      const first = list.findIndex((pair) => pair[0] === String(name));
      if (first < 0) list.push(entry(name, value, filename));
      else {
        list[first] = entry(name, value, filename);
        lists.set(
          this,
          list.filter((pair, i) => i <= first || pair[0] !== String(name)),
        );
      }
    }
  }
  addReaders(WorkflowFormData.prototype, (self) => lists.get(self)!);
  return named(WorkflowFormData, 'FormData') as unknown as typeof FormData;
});

/** `multipart/form-data` (RFC 7578), as browsers write it. */
export function multipartBytes(pairs: readonly Pair<Value>[], boundary: string): Uint8Array<ArrayBuffer> {
  const quoted = (text: string): string =>
    text
      .replace(/\r\n|\n|\r/g, '\r\n')
      .replace(/[\r\n"]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`);
  const parts: Uint8Array[] = [];
  for (const [name, value] of pairs) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"`;
    if (typeof value === 'string') {
      parts.push(encodeUtf8(`${head}\r\n\r\n${value.replace(/\r\n|\n|\r/g, '\r\n')}\r\n`));
      continue;
    }
    const type = value.type || 'application/octet-stream';
    const { bytes } = blobContent(value)!;
    parts.push(
      encodeUtf8(`${head}; filename="${quoted(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`),
      bytes,
    );
    parts.push(encodeUtf8('\r\n'));
  }
  return joined([...parts, encodeUtf8(`--${boundary}--\r\n`)]);
}

/** One character for each byte, so that text can be searched where bytes are meant. */
function byteText(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8_192) text += String.fromCharCode(...bytes.subarray(i, i + 8_192));
  return text;
}

/** Throws a TypeError for what is malformed. */
export function parseMultipart(bytes: Uint8Array, boundary: string): FormData {
  const text = byteText(bytes);
  const form = new (formDataClass())();
  const mark = `--${boundary}`;
  const pieces = `\r\n${text}`.split(`\r\n${mark}`);
  if (pieces.length < 2 || !pieces.at(-1)!.startsWith('--')) throw notForm();
  for (const piece of pieces.slice(1, -1)) {
    const end = piece.indexOf('\r\n\r\n');
    const head = end < 0 ? '' : utf8Text(bytesOf(piece.slice(0, end)));
    const name = parameter(head, 'name');
    if (name === undefined) throw notForm();
    const content = bytesOf(piece.slice(end + 4));
    const filename = parameter(head, 'filename');
    if (filename === undefined) form.append(name, utf8Text(content));
    else {
      const type = /^content-type:[ \t]*(.*)$/im.exec(head)?.[1]?.trim() ?? 'text/plain';
      form.append(name, new (fileClass())([content], filename, { type }));
    }
  }
  return form;
}

function parameter(head: string, name: string): string | undefined {
  const found = new RegExp(`[; \\t]${name}="([^"]*)"`, 'i').exec(head)?.[1];
  return found?.replace(/%22/g, '"').replace(/%0D/gi, '\r').replace(/%0A/gi, '\n');
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
