/** What a run that is not over waits for, read off its projection alone. */
import { isEnded, type Projection } from './projection.ts';

export type Waiting =
  /** Nobody has started it yet. */
  | { readonly kind: 'start'; readonly since: number }
  | {
      readonly kind: 'step';
      readonly correlationId: string;
      readonly stepName: string;
      /**
       * `offered`: any worker may take it, none has. An attempt whose worker is gone is `running` until the run is driven,
       * or the offer claimed, again.
       */
      readonly status: 'pending' | 'offered' | 'running' | 'retrying';
      readonly attempt: number;
      readonly since: number;
      readonly retryAt?: number;
      readonly worker?: string;
    }
  | { readonly kind: 'sleep'; readonly correlationId: string; readonly until: number }
  | { readonly kind: 'hook'; readonly correlationId: string; readonly token: string; readonly since: number }
  | { readonly kind: 'child'; readonly childRunId: string; readonly since: number };

/** In the order in which the run asked; empty for an ended run, and for one that waits for nothing. */
export function waitingFor(projection: Projection): Waiting[] {
  const { run, steps, waits, hooks, children } = projection;
  if (isEnded(run.status)) return [];
  if (run.startedAt === undefined) return [{ kind: 'start', since: run.createdAt }];
  const found: (Waiting & { readonly order: number })[] = [];
  for (const {
    correlationId,
    stepName,
    status,
    attempt,
    createdAt,
    startedAt,
    retryAt,
    worker,
    offeredAt,
  } of steps.values()) {
    if (status === 'completed' || status === 'failed') continue;
    found.push({
      kind: 'step',
      correlationId,
      stepName,
      status,
      attempt,
      since: (status === 'offered' ? offeredAt : startedAt) ?? createdAt,
      ...(status === 'retrying' && retryAt !== undefined ? { retryAt } : {}),
      ...(status === 'running' && worker !== undefined ? { worker } : {}),
      order: createdAt,
    });
  }
  for (const { correlationId, resumeAt, status, createdAt } of waits.values()) {
    if (status === 'waiting') found.push({ kind: 'sleep', correlationId, until: resumeAt, order: createdAt });
  }
  for (const { correlationId, token, status, createdAt } of hooks.values()) {
    if (status === 'live')
      found.push({ kind: 'hook', correlationId, token, since: createdAt, order: createdAt });
  }
  for (const { childRunId, status, createdAt, correlationId } of children.values()) {
    if (status === 'running' && correlationId !== undefined)
      found.push({ kind: 'child', childRunId, since: createdAt, order: createdAt });
  }
  return found.sort((left, right) => left.order - right.order).map(({ order: _, ...waiting }) => waiting);
}
