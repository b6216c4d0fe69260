/** The rules of attributes, the same in the guest and on the host. */
import { attributeInvalid, attributesTooMany } from './messages.ts';

export const attributesMax = 64;
const keyCharactersMax = 256;
const valueBytesMax = 256;

/** Bytes of a text as UTF-8, without an encoder. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Changes as they are stored, null for a deletion. `has` tells which keys the run has; `keys`: which are allowed. */
export function checkAttributes(
  changes: Readonly<Record<string, string | undefined>>,
  has: { has(key: string): boolean; readonly size: number },
  keys: 'own' | 'reserved',
): Record<string, string | null> {
  const checked: Record<string, string | null> = {};
  let size = has.size;
  for (const [key, value] of Object.entries(changes)) {
    if (key.length < 1 || key.length > keyCharactersMax) {
      throw attributeInvalid(`a key of 1 to ${keyCharactersMax} characters`, `${key.length} characters`);
    }
    if (key.startsWith('$') && keys === 'own')
      throw attributeInvalid('a key that does not begin with $', key);
    if (value !== undefined && typeof value !== 'string')
      throw attributeInvalid(`a string as value of ${key}`, value);
    if (value !== undefined && utf8Length(value) > valueBytesMax) {
      throw attributeInvalid(
        `a value of ${key} of at most ${valueBytesMax} bytes`,
        `${utf8Length(value)} bytes`,
      );
    }
    if (value === undefined && has.has(key)) size -= 1;
    if (value !== undefined && !has.has(key)) size += 1;
    checked[key] = value ?? null;
  }
  if (size > attributesMax) throw attributesTooMany(attributesMax, size);
  return checked;
}
