import { runBuiltin } from './builtin-steps.ts';

/**
 * Fetches in a step of the engine; the response comes with its body read, so that a replay sees the same bytes.
 *
 * Rejects with `FatalError` after four attempts at a network that fails; any status is a response.
 */
export function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  return runBuiltin('fetch', input, init);
}
