/** Stored payloads as values to look at: no step, class or key of the app is needed. */
import { type InspectOptions, inspect } from 'node:util';
import { viewPayload } from '@perdure/core';
import type { Payload } from '@perdure/world';
export type Opened =
  | { readonly kind: 'value'; readonly value: unknown }
  /** `text` stands for a payload that cannot be shown. */
  | { readonly kind: 'closed'; readonly text: '(sealed)' | '(unreadable)' };

export function openPayload(payload: Payload): Opened {
  const view = viewPayload(payload);
  return view.kind === 'value' ? view : { kind: 'closed', text: `(${view.kind})` };
}

/** The arguments in the input of a run or a step. */
export function openArguments(input: Payload): Opened {
  const opened = openPayload(input);
  if (opened.kind === 'closed') return opened;
  const { args } = (opened.value ?? {}) as { args?: unknown };
  return Array.isArray(args) ? { kind: 'value', value: args } : opened;
}

const shortCharactersMax = 120;
const short: InspectOptions = {
  depth: 3,
  breakLength: Number.POSITIVE_INFINITY,
  compact: true,
  maxArrayLength: 8,
  maxStringLength: 80,
};

/** A value in a few words on one line. */
export function shortText(value: unknown): string {
  const text = value instanceof Error ? `${value.name}: ${value.message}` : inspect(value, short);
  const line = text.replace(/\s*\n\s*/g, ' ');
  return line.length > shortCharactersMax ? `${line.slice(0, shortCharactersMax - 1)}…` : line;
}

export function shortPayload(payload: Payload): string {
  const opened = openPayload(payload);
  return opened.kind === 'closed' ? opened.text : shortText(opened.value);
}

/** Arguments as they stand in a call, with the parentheses. */
export function shortArguments(input: Payload): string {
  const opened = openArguments(input);
  if (opened.kind === 'closed') return `(${opened.text.slice(1, -1)})`;
  return Array.isArray(opened.value)
    ? `(${opened.value.map(shortText).join(', ')})`
    : `(${shortText(opened.value)})`;
}
