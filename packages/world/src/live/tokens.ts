import type { Event } from '../event.ts';
import type { Projection } from '../fold.ts';

export interface TokenOwner {
  readonly runId: string;
  readonly correlationId: string;
  /** Version of the owner's hook_created event. */
  readonly version: number;
}

export interface TokenTaken {
  readonly correlationId: string;
  readonly token: string;
  readonly ownerRunId: string;
}

/** Which live hook has which token: at most one each, over all runs (W4). */
export class Tokens {
  #owners = new Map<string, TokenOwner>();

  owner(token: string): TokenOwner | undefined {
    return this.#owners.get(token);
  }

  /** The first hook of a batch whose token another live hook has, with the batch's own claims and disposals in view. */
  conflict(projection: Projection, events: readonly Event[]): TokenTaken | undefined {
    let freed: Set<string> | undefined;
    let taken: Map<string, string> | undefined;
    for (const event of events) {
      if (event.eventType === 'hook_disposed') {
        const token = tokenOf(projection, taken, event.correlationId);
        if (token === undefined) continue;
        taken?.delete(token);
        freed ??= new Set();
        freed.add(token);
      } else if (event.eventType === 'hook_created') {
        const { token } = event.eventData;
        const correlationId = event.correlationId ?? '';
        const before = freed?.has(token) ? undefined : this.#owners.get(token)?.runId;
        const ownerRunId = taken?.has(token) ? event.runId : before;
        if (ownerRunId !== undefined) return { correlationId, token, ownerRunId };
        taken ??= new Map();
        taken.set(token, correlationId);
      }
    }
    return undefined;
  }

  /** Follows events that were written. */
  follow(projection: Projection, event: Event): void {
    if (event.eventType === 'hook_created') {
      const { runId, version, correlationId = '' } = event;
      this.#owners.set(event.eventData.token, { runId, correlationId, version });
    } else if (event.eventType === 'hook_disposed') {
      const token = projection.hooks.get(event.correlationId ?? '')?.token;
      if (token !== undefined) this.#owners.delete(token);
    }
  }

  /** Frees what a run still has. */
  free(projection: Projection): void {
    for (const hook of projection.hooks.values()) {
      if (hook.status === 'live' && this.#owners.get(hook.token)?.runId === projection.run.runId) {
        this.#owners.delete(hook.token);
      }
    }
  }

  clear(): void {
    this.#owners.clear();
  }
}

function tokenOf(
  projection: Projection,
  taken: ReadonlyMap<string, string> | undefined,
  correlationId: string | undefined,
): string | undefined {
  const hook = projection.hooks.get(correlationId ?? '');
  if (hook) return hook.status === 'live' ? hook.token : undefined;
  for (const [token, owner] of taken ?? []) if (owner === correlationId) return token;
  return undefined;
}
