/** Attributes: text by text, merged over the life of a run. */
import { inputInvalid } from './errors.ts';
import type { Event } from './event.ts';
import {
  ATTRIBUTE_KEY_CHARACTERS_MAX,
  ATTRIBUTE_VALUE_BYTES_MAX,
  ATTRIBUTES_PER_EVENT_MAX,
  ATTRIBUTES_PER_RUN_MAX,
} from './limits.ts';

export type Attributes = Readonly<Record<string, string>>;
/** What an `attr_set` asks for: null deletes. */
export type AttributeChanges = Readonly<Record<string, string | null>>;

const encoder = new TextEncoder();

/** What keeps a value from being attributes; undefined: nothing. */
export function attributesProblem(value: unknown): string | undefined {
  return problemOf(value, ATTRIBUTES_PER_RUN_MAX, textProblem);
}

/** What keeps a value from being a change of attributes; undefined: nothing. */
export function attributeChangesProblem(value: unknown): string | undefined {
  return problemOf(value, ATTRIBUTES_PER_EVENT_MAX, (text) =>
    text === null ? undefined : textProblem(text),
  );
}

function problemOf(
  value: unknown,
  countMax: number,
  problemOfText: (text: unknown) => string | undefined,
): string | undefined {
  // By tag, so that a record of another realm is one too.
  if (Object.prototype.toString.call(value) !== '[object Object]') return 'expected a record';
  const entries = Object.entries(value as object);
  if (entries.length > countMax) return `expected at most ${countMax} attributes, got ${entries.length}`;
  for (const [key, text] of entries) {
    const problem = keyProblem(key) ?? problemOfText(text);
    if (problem !== undefined) return `attribute ${JSON.stringify(key.slice(0, 80))}: ${problem}`;
  }
  return undefined;
}

function keyProblem(key: string): string | undefined {
  if (key === '') return 'expected a name';
  // No plain record holds it as it holds the others.
  if (key === '__proto__') return 'a name that no record can hold';
  if (key.length <= ATTRIBUTE_KEY_CHARACTERS_MAX) return undefined;
  return `expected a name of at most ${ATTRIBUTE_KEY_CHARACTERS_MAX} characters, got ${key.length}`;
}

function textProblem(text: unknown): string | undefined {
  if (typeof text !== 'string') return `expected text, got ${text === null ? 'null' : typeof text}`;
  const bytes = text.length > ATTRIBUTE_VALUE_BYTES_MAX ? text.length : encoder.encode(text).length;
  if (bytes <= ATTRIBUTE_VALUE_BYTES_MAX) return undefined;
  return `expected at most ${ATTRIBUTE_VALUE_BYTES_MAX} bytes, got ${bytes}`;
}

export function mergeAttributes(before: Attributes, changes: AttributeChanges): Attributes {
  const merged: Record<string, string> = { ...before };
  for (const [key, text] of Object.entries(changes)) {
    if (text === null) delete merged[key];
    else merged[key] = text;
  }
  return merged;
}

/** Throws INPUT_INVALID when events would leave a run with more attributes than it may have. */
export function checkAttributeCount(before: Attributes, events: readonly Event[]): void {
  let merged = before;
  for (const event of events) {
    if (event.eventType === 'attr_set') merged = mergeAttributes(merged, event.eventData.attributes);
  }
  if (merged === before) return;
  const count = Object.keys(merged).length;
  if (count <= ATTRIBUTES_PER_RUN_MAX) return;
  throw inputInvalid(
    'attr_set event',
    `expected at most ${ATTRIBUTES_PER_RUN_MAX} attributes in a run, got ${count}`,
  );
}
