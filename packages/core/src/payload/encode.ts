/** Values to text, in the notation of notation.ts. One Encoder writes one text; one that threw is spent. */
import { circleNotSerializable, notSerializable, payloadTooLarge } from '../messages.ts';
import { WORKFLOW_SERIALIZE } from '../serde.ts';
import { toBase64 } from './base64.ts';
import { errorRecord, isError } from './error-record.ts';
import {
  arrayLengthMax,
  attachedBytesMin,
  bigintDigitsMax,
  depthMax,
  nodesMax,
  payloadBytesMax,
} from './limits.ts';
import {
  absent,
  hole,
  negativeInfinity,
  negativeZero,
  notANumber,
  positiveInfinity,
  sparse,
  viewTags,
} from './notation.ts';
import type { Realm } from './realm.ts';
import {
  bigintText,
  classOf,
  filledIndexes,
  kindOf,
  leafText,
  MapKey,
  pathText,
  quote,
  tagOf,
  utf8LengthExceeds,
} from './spelling.ts';

export class Encoder {
  readonly #realm: Realm;
  readonly #nodes: string[] = [];
  readonly #indexes = new Map<unknown, number>();
  readonly #path: unknown[] = [];
  /** What is made anew from its data when read, while that data is written: a circle through it has no way back. */
  readonly #open = new Set<unknown>();
  readonly #attached: string[] = [];
  #attachedLength = 0;
  #length = 0;
  #depth = 0;

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  /** Throws `SerializationError` with the path, or `LimitError` PAYLOAD_TOO_LARGE. */
  encode(value: unknown): string {
    let text: string;
    try {
      const root = this.#reference(value);
      if (root < 0) return String(root);
      text = `[${this.#nodes.join(',')}]`;
    } catch (error) {
      if ((error as { code?: unknown } | null | undefined)?.code === 'PAYLOAD_TOO_LARGE') throw error;
      if ((error as { name?: unknown } | null | undefined)?.name === 'SerializationError') throw error;
      throw notSerializable('a value that cannot be read', pathText(this.#path), error);
    }
    if (utf8LengthExceeds(text, payloadBytesMax() - this.#attachedLength))
      throw payloadTooLarge(payloadBytesMax());
    return this.#attached.length === 0 ? text : `${text}\n${this.#attached.join('')}`;
  }

  #refuse(what: string): never {
    throw notSerializable(what, pathText(this.#path));
  }

  #reference(value: unknown): number {
    if (value === undefined) return absent;
    if (typeof value === 'number') {
      if (value === 0 && 1 / value < 0) return negativeZero;
      if (Number.isNaN(value)) return notANumber;
      if (value === Number.POSITIVE_INFINITY) return positiveInfinity;
      if (value === Number.NEGATIVE_INFINITY) return negativeInfinity;
    }
    const known = this.#indexes.get(value);
    if (known !== undefined) {
      if (this.#open.size > 0 && this.#open.has(value))
        throw circleNotSerializable(kindOf(value), pathText(this.#path));
      return known;
    }
    const index = this.#reserve();
    this.#indexes.set(value, index);
    return this.#fill(index, this.#node(value));
  }

  #reserve(): number {
    const index = this.#nodes.push('') - 1;
    if (index >= nodesMax) this.#refuse(`more than ${nodesMax} values`);
    return index;
  }

  #fill(index: number, text: string): number {
    this.#length += text.length + 1;
    if (this.#length + this.#attachedLength > payloadBytesMax()) throw payloadTooLarge(payloadBytesMax());
    this.#nodes[index] = text;
    return index;
  }

  #node(value: unknown): string {
    switch (typeof value) {
      case 'string':
        return quote(value);
      case 'number':
      case 'boolean':
        return String(value);
      case 'bigint':
        return bigintText(value) ?? this.#refuse(`a bigint of more than ${bigintDigitsMax} digits`);
      case 'function':
        return this.#function(value);
      case 'object': {
        if (value === null) return 'null';
        this.#depth += 1;
        if (this.#depth > depthMax) this.#refuse(`a value with more than ${depthMax} objects around it`);
        const text = this.#object(value);
        this.#depth -= 1;
        return text;
      }
      default:
        return this.#refuse(kindOf(value));
    }
  }

  #function(value: unknown): string {
    const reference = this.#realm.describe(value);
    if (!reference) return this.#refuse('a function');
    const record: Record<string, unknown> = {};
    for (const [key, part] of Object.entries(reference)) if (part !== undefined) record[key] = part;
    return this.#rebuilt('Function', value, record);
  }

  /** A node whose value is made from data that must be complete by then. */
  #rebuilt(tag: string, value: unknown, data: unknown): string {
    this.#open.add(value);
    const text = `["${tag}",${this.#reference(data)}]`;
    this.#open.delete(value);
    return text;
  }

  #object(value: object): string {
    if (Array.isArray(value)) return this.#array(value);
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === null) return this.#nullObject(value);
    if (prototype === Object.prototype) return this.#plainObject(value);
    return this.#classed(value, prototype);
  }

  #array(array: readonly unknown[]): string {
    const { length } = array;
    if (length > arrayLengthMax) this.#refuse(`an array of ${length} elements`);
    const parts: (number | string)[] = [];
    let holes: 'unseen' | 'kept' = 'unseen';
    for (let i = 0; i < length; i += 1) {
      if (array[i] !== undefined || Object.hasOwn(array, i)) {
        this.#path.push(i);
        parts.push(this.#reference(array[i]));
        this.#path.pop();
        continue;
      }
      if (holes === 'unseen') {
        const filled = filledIndexes(array);
        const digits = String(length).length;
        if ((length - filled.length) * 3 > 4 + digits + filled.length * (digits + 1))
          return this.#sparseArray(array, filled);
        holes = 'kept';
      }
      parts.push(hole);
    }
    return `[${parts.join(',')}]`;
  }

  #sparseArray(array: readonly unknown[], filled: readonly string[]): string {
    let text = `[${sparse},${array.length}`;
    for (const key of filled) {
      this.#path.push(Number(key));
      text += `,${key},${this.#reference(array[Number(key)])}`;
      this.#path.pop();
    }
    return `${text}]`;
  }

  #plainObject(value: object): string {
    let text = '{';
    for (const key of this.#keys(value)) {
      if (text.length > 1) text += ',';
      text += `${quote(key)}:${this.#field(value, key)}`;
    }
    return `${text}}`;
  }

  #nullObject(value: object): string {
    let text = '["null"';
    for (const key of this.#keys(value)) text += `,${quote(key)},${this.#field(value, key)}`;
    return `${text}]`;
  }

  #keys(value: object): string[] {
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      if (Object.prototype.propertyIsEnumerable.call(value, symbol))
        this.#refuse('an object with symbols as keys');
    }
    return Object.keys(value);
  }

  #field(value: object, key: string): number {
    this.#path.push(key);
    const index = this.#reference((value as Record<string, unknown>)[key]);
    this.#path.pop();
    return index;
  }

  #classed(value: object, prototype: object): string {
    const tag = tagOf(value);
    const known = classOf(value, this.#realm.classes);
    const serialize = known?.cls[WORKFLOW_SERIALIZE];
    if (known && typeof serialize === 'function')
      return this.#rebuilt('Class', value, { id: known.id, data: serialize.call(known.cls, value) });
    if (isError(value))
      return `["Error",${this.#reference(errorRecord(value, tag, this.#realm, known?.id))}]`;
    for (const [name, type] of Object.entries(this.#realm.types)) {
      const data = type.reduce(value, tag);
      if (data) return this.#rebuilt(name, value, data);
    }
    return leafText(value, tag) ?? this.#builtin(value, tag) ?? this.#foreign(value, prototype);
  }

  /** Plain objects of another realm, and what nobody knows. */
  #foreign(value: object, prototype: object): string {
    const plain = Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty');
    return plain ? this.#plainObject(value) : this.#refuse(kindOf(value));
  }

  #builtin(value: object, tag: string): string | undefined {
    switch (tag) {
      case 'Number':
      case 'String':
      case 'Boolean':
      case 'BigInt':
        return `["Object",${this.#reference((value as { valueOf(): unknown }).valueOf())}]`;
      case 'Set':
        return this.#set(value as Set<unknown>);
      case 'Map':
        return this.#map(value as Map<unknown, unknown>);
      case 'ArrayBuffer':
        return this.#bytes(new Uint8Array(value as ArrayBuffer));
      default:
        return viewTags.has(tag) && ArrayBuffer.isView(value) ? this.#view(value, tag) : undefined;
    }
  }

  #set(set: Set<unknown>): string {
    let text = '["Set"';
    let at = 0;
    for (const member of Set.prototype.values.call(set)) {
      this.#path.push(at);
      text += `,${this.#reference(member)}`;
      this.#path.pop();
      at += 1;
    }
    return `${text}]`;
  }

  #map(map: Map<unknown, unknown>): string {
    let text = '["Map"';
    for (const [key, member] of Map.prototype.entries.call(map)) {
      this.#path.push(new MapKey(key));
      text += `,${this.#reference(key)},${this.#reference(member)}`;
      this.#path.pop();
    }
    return `${text}]`;
  }

  /** Of a view of a part of a buffer, only that part is written: the rest may be a pool with anything in it. */
  #view(view: ArrayBufferView, tag: string): string {
    const { buffer, byteOffset, byteLength } = view;
    if (byteLength === buffer.byteLength && buffer instanceof ArrayBuffer)
      return `["${tag}",${this.#reference(buffer)}]`;
    const index = this.#reserve();
    return `["${tag}",${this.#fill(index, this.#bytes(new Uint8Array(buffer, byteOffset, byteLength)))}]`;
  }

  #bytes(bytes: Uint8Array): string {
    if (bytes.length * 1.34 + this.#length + this.#attachedLength > payloadBytesMax())
      throw payloadTooLarge(payloadBytesMax());
    const base64 = toBase64(bytes);
    if (bytes.length < attachedBytesMin) return `["ArrayBuffer","${base64}"]`;
    const start = this.#attachedLength;
    this.#attached.push(base64);
    this.#attachedLength += base64.length;
    return `["ArrayBuffer",${start},${base64.length}]`;
  }
}
