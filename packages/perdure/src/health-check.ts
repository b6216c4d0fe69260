/** How a process stands: this one, or one that serves this package's routes elsewhere. */
import { flowPath, type Health, healthUnknown, type Key, type Runtime, signRequest } from '@perdure/core';
import { getRuntime } from './ambient.ts';

export interface HealthCheckOptions {
  /** Asks the app at this URL over HTTP. Default: this process. */
  readonly url?: string;
  /** Sign the question. Default WORKFLOW_SIGNING_KEYS; without any it is not signed, which only this machine's development takes. */
  readonly keys?: readonly Key[];
  /** Default the process's. */
  readonly runtime?: Runtime;
  readonly signal?: AbortSignal;
}

/**
 * Whether the world answers, the worker runs and the program is there.
 *
 * Throws HEALTH_UNKNOWN when the app at a URL does not tell.
 */
export async function healthCheck(options: HealthCheckOptions = {}): Promise<Health> {
  if (options.url !== undefined) return askedOver(options.url, options);
  return (options.runtime ?? (await getRuntime())).health();
}

async function askedOver(url: string, { keys, signal }: HealthCheckOptions): Promise<Health> {
  const request = new Request(new URL(flowPath, url), signal ? { signal } : {});
  const response = await fetch(await signed(request, keys)).catch((cause: unknown) => {
    throw healthUnknown(url, 'no connection', cause);
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (isHealth(answer)) return answer;
  const { code } = (answer ?? {}) as { code?: unknown };
  throw healthUnknown(url, typeof code === 'string' ? `${response.status} ${code}` : `${response.status}`);
}

async function signed(request: Request, keys: readonly Key[] | undefined): Promise<Request> {
  try {
    return await signRequest(request, keys ? { keys } : {});
  } catch (error) {
    if ((error as { code?: unknown }).code === 'SIGNING_KEYS_MISSING') return request;
    throw error;
  }
}

function isHealth(answer: unknown): answer is Health {
  const { healthy, world, worker, program } = (answer ?? {}) as Partial<Health>;
  return (
    typeof healthy === 'boolean' && [world, worker, program].every((part) => typeof part?.state === 'string')
  );
}
