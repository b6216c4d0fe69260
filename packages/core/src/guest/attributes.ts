import { checkAttributes } from '../attributes.ts';
import { attributeInvalid } from '../messages.ts';
import { attributes, issue, nextId } from './state.ts';

/**
 * Merges facts into the run's attributes; undefined deletes one.
 *
 * Keys have 1 to 256 characters, values at most 256 bytes, a run at most 64; `$` begins reserved keys. Throws
 * `LimitError` or ATTRIBUTE_INVALID.
 */
export function setAttributes(
  changes: Readonly<Record<string, string | undefined>>,
  options: { readonly allowReservedAttributes?: boolean } = {},
): Promise<void> {
  if (typeof changes !== 'object' || changes === null)
    throw attributeInvalid('an object of strings', changes);
  const checked = checkAttributes(changes, attributes, options.allowReservedAttributes ? 'reserved' : 'own');
  for (const [key, value] of Object.entries(checked)) {
    if (value === null) attributes.delete(key);
    else attributes.set(key, value);
  }
  issue('set-attributes', nextId('attr'), '', { detail: JSON.stringify(checked) });
  return Promise.resolve();
}

/** The run's attributes, as set so far. */
export function getAttributes(): Promise<Record<string, string>> {
  return Promise.resolve(Object.fromEntries(attributes));
}
