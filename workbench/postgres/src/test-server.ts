/** The server of this run of vitest. */
import { inject } from 'vitest';
import type {} from './vitest-setup.ts';

/** The URL for somebody who may create databases; tests make their own with `createDatabase`. */
export async function testServer(): Promise<{ readonly url: string }> {
  const response = await fetch(inject('postgresDoor'));
  const answer = await response.text();
  if (!response.ok) throw new Error(`Expected a Postgres for the tests, got: ${answer}`);
  return { url: answer };
}
