/**
 * Text to values of this realm. The text is hostile until it is read: nothing is built before its bounds are
 * checked, nothing is looked up but own properties and registered names, and nothing in it is executed.
 */
import { payloadInvalid } from '../payload-messages.ts';
import { WORKFLOW_DESERIALIZE } from '../serde.ts';
import { blankAggregate, blankError, fillError } from './error-record.ts';
import {
  bigintOf,
  broken,
  bytesOf,
  isIndex,
  type Node,
  put,
  regExpOf,
  special,
  stringOf,
  webTextOf,
} from './leaves.ts';
import { arrayLengthMax, depthMax, nodesMax, payloadBytesMax } from './limits.ts';
import { hole, sparse, viewTags } from './notation.ts';
import type { FunctionReference, Realm } from './realm.ts';

type ViewClass = new (buffer: ArrayBuffer, offset?: number, length?: number) => ArrayBufferView;

const unbuilt: unique symbol = Symbol('unbuilt');
const underway: unique symbol = Symbol('underway');

/** The array of nodes, and what is attached behind it. Throws `PayloadError`. */
function nodesOf(text: string): { nodes: unknown; attached: string } {
  if (text.length > payloadBytesMax()) broken(`more than ${payloadBytesMax()} characters`);
  const end = text.indexOf('\n');
  try {
    if (end < 0) return { nodes: JSON.parse(text), attached: '' };
    return { nodes: JSON.parse(text.slice(0, end)), attached: text.slice(end + 1) };
  } catch (cause) {
    throw payloadInvalid('no JSON', cause);
  }
}

/** Throws `PayloadError`. */
export function decode(text: string, realm: Realm): unknown {
  const { nodes, attached } = nodesOf(text);
  if (typeof nodes === 'number') return special(nodes);
  if (!Array.isArray(nodes) || nodes.length === 0) return broken('no array of values');
  if (nodes.length > nodesMax) broken(`more than ${nodesMax} values`);
  return new Decoder(nodes, attached, realm).build(0);
}

class Decoder {
  readonly #nodes: readonly unknown[];
  readonly #attached: string;
  readonly #realm: Realm;
  readonly #built: unknown[];
  #depth = 0;

  constructor(nodes: readonly unknown[], attached: string, realm: Realm) {
    this.#nodes = nodes;
    this.#attached = attached;
    this.#realm = realm;
    this.#built = new Array(nodes.length).fill(unbuilt);
  }

  build(reference: unknown): unknown {
    if (typeof reference !== 'number') return broken('a reference that is no number');
    if (reference < 0) return special(reference);
    const node = this.#nodes[reference];
    if (node === undefined) return broken(`reference ${reference}`);
    if (typeof node !== 'object' || node === null) return node;
    const built = this.#built[reference];
    if (built === underway) return broken('a circle through a value that is made of its data');
    if (built !== unbuilt) return built;
    this.#depth += 1;
    if (this.#depth > depthMax) broken(`more than ${depthMax} objects around a value`);
    const value = this.#object(reference, node);
    this.#depth -= 1;
    return value;
  }

  /** Containers are kept before what they contain is built, so that circles close. */
  #keep<T>(index: number, value: T): T {
    this.#built[index] = value;
    return value;
  }

  #object(index: number, node: object): unknown {
    if (!Array.isArray(node)) return this.#plainObject(index, node as Record<string, unknown>);
    const [head] = node as Node;
    if (typeof head === 'string') return this.#tagged(index, head, node);
    if (head === sparse) return this.#sparseArray(index, node);
    const array: unknown[] = this.#keep(index, []);
    for (let i = 0; i < node.length; i += 1) {
      if (node[i] === hole) array.length = i + 1;
      else array[i] = this.build(node[i]);
    }
    return array;
  }

  #plainObject(index: number, node: Record<string, unknown>): object {
    const object: Record<string, unknown> = this.#keep(index, {});
    for (const key of Object.keys(node)) put(object, key, this.build(node[key]));
    return object;
  }

  #nullObject(index: number, node: Node): object {
    const object: Record<string, unknown> = this.#keep(index, Object.create(null));
    for (let i = 1; i < node.length; i += 2) put(object, stringOf(node[i], 'a key'), this.build(node[i + 1]));
    return object;
  }

  #sparseArray(index: number, node: Node): unknown[] {
    const length = node[1];
    if (!isIndex(length, arrayLengthMax + 1)) return broken('the length of an array');
    const array: unknown[] = this.#keep(index, []);
    // A far index first, so that no room is made for the holes.
    if (length > 0) {
      array[arrayLengthMax] = 0;
      array.length = 0;
    }
    array.length = length;
    for (let i = 2; i < node.length; i += 2) {
      const at = node[i];
      if (!isIndex(at, length)) return broken('the index of an array');
      array[at] = this.build(node[i + 1]);
    }
    return array;
  }

  #tagged(index: number, tag: string, node: Node): unknown {
    switch (tag) {
      case 'Date':
        return this.#keep(index, new Date(stringOf(node[1], 'a date')));
      case 'RegExp':
        return this.#keep(index, regExpOf(node));
      case 'BigInt':
        return this.#keep(index, bigintOf(node[1]));
      case 'URL':
      case 'URLSearchParams':
        return this.#keep(index, webTextOf(tag, stringOf(node[1], tag)));
      case 'Object':
        return this.#keep(index, this.#boxed(node[1]));
      case 'Set':
        return this.#set(index, node);
      case 'Map':
        return this.#map(index, node);
      case 'null':
        return this.#nullObject(index, node);
      case 'ArrayBuffer':
        return this.#keep(index, this.#buffer(node));
      case 'Error':
        return this.#error(index, node[1]);
      default:
        return viewTags.has(tag) ? this.#view(index, tag, node) : this.#remade(index, tag, node[1]);
    }
  }

  #boxed(reference: unknown): unknown {
    const value = this.build(reference);
    if (value === undefined || value === null || typeof value === 'object' || typeof value === 'function')
      return broken('a boxed value that is no primitive');
    return Object(value);
  }

  #set(index: number, node: Node): Set<unknown> {
    const set = this.#keep(index, new Set());
    for (let i = 1; i < node.length; i += 1) set.add(this.build(node[i]));
    return set;
  }

  #map(index: number, node: Node): Map<unknown, unknown> {
    const map = this.#keep(index, new Map());
    for (let i = 1; i < node.length; i += 2) map.set(this.build(node[i]), this.build(node[i + 1]));
    return map;
  }

  #buffer(node: Node): ArrayBuffer {
    const [, start, length] = node;
    if (typeof start === 'string') return bytesOf(start);
    const { length: end } = this.#attached;
    if (!isIndex(start, end) || !isIndex(length, end - start + 1))
      return broken('the place of attached bytes');
    return bytesOf(this.#attached.slice(start, start + length));
  }

  #view(index: number, tag: string, node: Node): ArrayBufferView {
    const buffer = this.build(node[1]);
    if (!(buffer instanceof ArrayBuffer)) return broken(`a ${tag} of no buffer`);
    const size = viewTags.get(tag)!;
    const [, , offset = 0, length = Math.floor(buffer.byteLength / size)] = node;
    const fits =
      isIndex(offset, buffer.byteLength + 1) && isIndex(length, (buffer.byteLength - offset) / size + 1);
    const View = (globalThis as unknown as Record<string, ViewClass | undefined>)[tag];
    if (!fits || offset % size !== 0 || !View) return broken(`a ${tag} that does not fit its buffer`);
    return this.#keep(index, new View(buffer, offset, length));
  }

  /** The record of an error is read where it stands, so that the error exists before what it refers to. */
  #error(index: number, reference: unknown): Error {
    const record = typeof reference === 'number' ? this.#nodes[reference] : undefined;
    if (typeof record !== 'object' || record === null || Array.isArray(record))
      return broken('an error without a record');
    const part = (key: string): unknown =>
      Object.hasOwn(record, key) ? this.build((record as Record<string, unknown>)[key]) : undefined;
    const text = (key: string): string | undefined => {
      const raw = Object.hasOwn(record, key) ? (record as Record<string, unknown>)[key] : undefined;
      const value = typeof raw === 'number' ? this.#nodes[raw] : undefined;
      return typeof value === 'string' ? value : undefined;
    };
    const name = text('name') ?? broken('an error without a name');
    const message = text('message') ?? broken('an error without a message');
    const make = Object.hasOwn(record, 'errors') ? blankAggregate : undefined;
    const error = this.#keep(
      index,
      make
        ? make(message, text('class'), this.#realm)
        : blankError(name, message, text('class'), this.#realm),
    );
    this.#depth += 1;
    const [cause, errors, fields] = [part('cause'), part('errors'), part('fields')];
    this.#depth -= 1;
    fillError(error, { name, stack: text('stack'), cause, errors, fields });
    return error;
  }

  #remade(index: number, tag: string, reference: unknown): unknown {
    const { types } = this.#realm;
    const type = Object.hasOwn(types, tag) ? types[tag] : undefined;
    if (!type && tag !== 'Function' && tag !== 'Class') return broken(`unknown tag ${JSON.stringify(tag)}`);
    this.#keep(index, underway);
    const data = this.build(reference);
    if (typeof data !== 'object' || data === null) return broken(`the data of a ${tag}`);
    if (type) return this.#keep(index, type.revive(data));
    return this.#keep(index, tag === 'Function' ? this.#function(data) : this.#instance(data));
  }

  #function(data: object): unknown {
    const { kind, id } = data as Partial<FunctionReference>;
    if (!Object.hasOwn(data, 'kind') || !Object.hasOwn(data, 'id'))
      return broken('a function without a name');
    if ((kind !== 'step' && kind !== 'workflow') || typeof id !== 'string')
      return broken('the name of a function');
    if (Object.hasOwn(data, 'bound') && !Array.isArray((data as { bound?: unknown }).bound))
      return broken('the bound arguments of a function');
    return this.#realm.resolve(data as FunctionReference);
  }

  #instance(data: object): unknown {
    const id = Object.hasOwn(data, 'id') ? stringOf((data as { id?: unknown }).id, 'the id of a class') : '';
    const cls = this.#realm.classes.get(id) as Record<symbol, unknown> | undefined;
    const make = cls?.[WORKFLOW_DESERIALIZE];
    if (typeof make !== 'function')
      return broken(`class ${JSON.stringify(id)} is not part of this program or process`);
    return make.call(cls, Object.hasOwn(data, 'data') ? (data as { data?: unknown }).data : undefined);
  }
}
