/** How a process stands: what an orchestrator, a load balancer or a person asks first. */
import type { World } from '@perdure/world';
import type { WorkerMode } from './config.ts';

export interface Health {
  readonly healthy: boolean;
  /** Whether the store answered a call just now. */
  readonly world: { readonly name: string; readonly state: 'reachable' | 'unreachable' };
  /** `off`: told not to; `closed`: the runtime is. `runs`: how many it drives now. */
  readonly worker: {
    readonly mode: WorkerMode;
    readonly state: 'running' | 'off' | 'closed';
    readonly runs: number;
  };
  /** The program that new runs start on. */
  readonly program:
    | { readonly state: 'present'; readonly hash: string }
    | { readonly state: 'absent' | 'broken' };
}

const answerMsMax = 5_000;

interface Asked {
  readonly world: World;
  readonly worker: Health['worker'];
  readonly program: () => Promise<{ readonly hash: string }>;
}

/** A process that only starts runs is healthy without a worker. Never throws. */
export async function healthOf({ world, worker, program }: Asked): Promise<Health> {
  const [answered, current] = await Promise.all([
    within(() => world.runs.list({ limit: 1 })),
    within(program),
  ]);
  const reachable = answered.kind === 'answered';
  return {
    healthy: reachable && current.kind === 'answered' && worker.state !== 'closed',
    world: { name: world.name, state: reachable ? 'reachable' : 'unreachable' },
    worker,
    program:
      current.kind === 'answered'
        ? { state: 'present', hash: current.value.hash }
        : { state: current.code === 'PROGRAM_UNKNOWN' ? 'absent' : 'broken' },
  };
}

type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'failed'; readonly code: unknown };

async function within<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer<T>>((resolve) => {
    timer = setTimeout(resolve, answerMsMax, { kind: 'failed', code: 'LATE' });
  });
  const asked = (async (): Promise<Answer<T>> => ({ kind: 'answered', value: await ask() }))();
  const told = asked.catch((error: { code?: unknown }): Answer<T> => ({ kind: 'failed', code: error?.code }));
  const answer = await Promise.race([told, late]);
  clearTimeout(timer);
  return answer;
}
