/** Stored payloads as values to look at: no step, class or key of the app is needed. */
import { type InspectOptions, inspect } from 'node:util';
import { type PayloadView, viewArguments, viewPayload } from '@perdure/core';
import type { Payload } from '@perdure/world';

/** What stands for a payload that cannot be shown: `(sealed)` or `(unreadable)`. */
export function closedText({ kind }: Exclude<PayloadView, { readonly kind: 'value' }>): string {
  return `(${kind})`;
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
  const view = viewPayload(payload);
  return view.kind === 'value' ? shortText(view.value) : closedText(view);
}

/** Arguments as they stand in a call, with the parentheses. */
export function shortArguments(input: Payload): string {
  const view = viewArguments(input);
  if (view.kind !== 'value') return closedText(view);
  return Array.isArray(view.value)
    ? `(${view.value.map(shortText).join(', ')})`
    : `(${shortText(view.value)})`;
}
