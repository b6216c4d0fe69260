/**
 * User-made text on its way to a terminal: escape sequences, control and bidirectional characters could move the
 * cursor, recolour or reorder what is read, so they are taken out.
 */
import { stripVTControlCharacters } from 'node:util';

/** Control characters, what changes the direction of text, and line and paragraph separators. */
const hidden = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
/** JSON text escapes the others itself, apart from the line breaks that lay it out. */
const hiddenInJson = /[\u007f-\u009f\p{Bidi_Control}\u2028\u2029]/gu;

/** Text on one line: line breaks and tabs become spaces. */
export function singleLine(text: string): string {
  const plain = stripVTControlCharacters(text);
  return plain
    .replace(/[\r\n\t]+/g, ' ')
    .replace(hidden, '')
    .toWellFormed();
}

/** Text of several lines; tabs become two spaces. */
export function lines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => singleLine(line.replaceAll('\t', '  ')))
    .join('\n');
}

/** JSON that loses nothing and is safe in a terminal: what must not be shown is escaped. */
export function jsonText(value: unknown, indent: number): string {
  return JSON.stringify(value, null, indent).replace(hiddenInJson, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
