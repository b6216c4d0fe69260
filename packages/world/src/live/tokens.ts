import type { Event } from '../event.ts';
import type { Projection } from '../projection.ts';

export interface TokenOwner {
  readonly runId: string;
  readonly correlationId: string;
  /** Version of the owner's hook_created event. */
  readonly version: number;
}

/** A token that stays taken though its run has ended. */
export interface RetainedToken {
  readonly token: string;
  readonly runId: string;
  /** When it is free, by the World's clock. */
  readonly until: number;
}

export interface TokenTaken {
  readonly correlationId: string;
  readonly token: string;
  readonly ownerRunId: string;
}

/** Retained tokens are looked through for expired ones when there are twice as many as were left the last time. */
const SWEEP_AT_LEAST = 64;

/** The tokens that the live hooks of a run keep for a while when it ends. */
export function retainedTokensOf(projection: Projection): RetainedToken[] {
  const { runId } = projection.run;
  const retained: RetainedToken[] = [];
  for (const { status, token, createdAt, retainMs } of projection.hooks.values()) {
    if (status === 'live' && retainMs !== undefined)
      retained.push({ token, runId, until: createdAt + retainMs });
  }
  return retained;
}

/** Which hook has which token: at most one each, over all runs (W4). */
export class Tokens {
  readonly #clock: () => number;
  #owners = new Map<string, TokenOwner>();
  #retained = new Map<string, RetainedToken>();
  #sweepAt = SWEEP_AT_LEAST;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The live hook that has a token. */
  owner(token: string): TokenOwner | undefined {
    return this.#owners.get(token);
  }

  /** The first hook of a batch whose token another hook has, with the batch's own claims and disposals in view. */
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
        const before = freed?.has(token) ? undefined : this.#holder(token);
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

  retain(token: RetainedToken): void {
    if (token.until <= this.#clock()) return;
    this.#retained.set(token.token, token);
    if (this.#retained.size < this.#sweepAt) return;
    for (const known of this.#retained.keys()) this.#retainer(known);
    this.#sweepAt = Math.max(SWEEP_AT_LEAST, 2 * this.#retained.size);
  }

  clear(): void {
    this.#owners.clear();
    this.#retained.clear();
    this.#sweepAt = SWEEP_AT_LEAST;
  }

  #holder(token: string): string | undefined {
    return (this.#owners.get(token) ?? this.#retainer(token))?.runId;
  }

  #retainer(token: string): RetainedToken | undefined {
    const retained = this.#retained.get(token);
    if (!retained || retained.until > this.#clock()) return retained;
    this.#retained.delete(token);
    return undefined;
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
