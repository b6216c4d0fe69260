/**
 * Any text in a column of type text, which holds neither NUL nor half a surrogate pair: those, and the character
 * that marks them, are written as that character and four hex digits.
 */
const mark = '\x1a';

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these cannot be stored.
const unstorable = /[\0\x1a]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the mark is a control character.
const marked = /\x1a([0-9a-f]{4})/g;

export function toColumn(text: string): string {
  return text.replace(unstorable, (unit) => mark + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}

export function fromColumn(text: string): string {
  if (!text.includes(mark)) return text;
  return text.replace(marked, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
