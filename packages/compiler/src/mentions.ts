import { readFileSync } from 'node:fs';
import { SITE_TEXT } from './parse.ts';

const SOURCE = /\.[cm]?[jt]sx?$/;

/** True for a source file on disk that may have sites; for bundlers that ask about files before they load them. */
export function mentionsSite(file: string): boolean {
  try {
    return SOURCE.test(file) && SITE_TEXT.test(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}
