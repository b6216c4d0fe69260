/** This package's HTTP routes, as a web-standard function. */
import { checkServing, flowPath, type RequestDetails, type Runtime } from '@perdure/core';
import { getRuntime } from './ambient.ts';

/** Undefined for a path that is the app's. */
export type Handler = (request: Request, details?: RequestDetails) => Promise<Response | undefined>;

export interface HandlerOptions {
  /** Whether the flow route is served, too, or that of webhooks only. Default `on`. */
  readonly flow?: 'on' | 'off';
  /** Default the process's, made with the first request. */
  readonly runtime?: Runtime;
}

/**
 * Makes the handler of a server, at its start.
 *
 * Throws SIGNING_KEYS_MISSING where NODE_ENV is `production` and the flow route would be served without a key: such a
 * process does not start.
 */
export function createHandler({ flow = 'on', runtime }: HandlerOptions = {}): Handler {
  if (flow === 'on') checkServing(runtime);
  return async (request, details) => {
    if (flow === 'off' && new URL(request.url).pathname === flowPath) return undefined;
    return (runtime ?? (await getRuntime())).handle(request, details);
  };
}

/**
 * Answers requests to this package's routes, webhooks and the flow; undefined for any other path, which is the app's.
 *
 * Without signing keys the flow route answers 503; `createHandler` refuses to start.
 */
export async function handleRequest(
  request: Request,
  details?: RequestDetails,
): Promise<Response | undefined> {
  return (await getRuntime()).handle(request, details);
}
