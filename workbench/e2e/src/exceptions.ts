/** The one table of what is not played where, and why; a test checks that every row still names something. */

/**
 * Where cases are played: in this process, by a worker with or without Executions between turns, or by three workers;
 * over HTTP, by a server, or by three on one store.
 */
export type Way = 'resident' | 'dropped' | 'fleet' | 'http' | 'http fleet';

export interface Exception {
  readonly suite: string;
  /** Default: all of the suite. */
  readonly name?: string;
  readonly world?: string;
  readonly ways: readonly Way[];
  readonly reason: string;
}

export const exceptions: readonly Exception[] = [
  {
    suite: 'runs',
    name: 'a thousand children',
    ways: ['dropped', 'fleet'],
    reason:
      'four thousand events, each replayed from the first: the square of it is what dropping costs, as one worker of three does, and eight children show the same',
  },
  ...[
    'a stream among the arguments is carried to the run, byte for byte',
    'a stream of values, and the failure of its source',
    'a writable among the arguments gets what the run writes',
    'a start that joins a run leaves its streams alone',
  ].map((name) => ({
    suite: 'given streams',
    name,
    ways: ['http', 'http fleet'] as const,
    reason: 'the process that starts a run carries its streams: a client outside has none there to give',
  })),
  {
    suite: 'runs',
    name: 'callbacks of the process hear of the ends of runs',
    ways: ['http fleet'],
    reason:
      'they are registered in one process, and hear of the runs that this one drives: others drive some of them',
  },
  {
    suite: 'recovery',
    name: 'two workers on one Postgres: no live step ever starts twice',
    ways: ['http'],
    reason: 'one server is one worker',
  },
  {
    suite: 'recovery',
    ways: ['resident', 'dropped', 'fleet'],
    reason: 'the process of the tests cannot be killed',
  },
  {
    suite: 'recovery',
    world: 'memory',
    ways: ['http'],
    reason: 'what the memory world stores ends with its process',
  },
];

interface Place {
  readonly suite: string;
  readonly world: string;
  readonly way: Way;
}

/** Whether a case is played there. */
export function applies(name: string, { suite, world, way }: Place): boolean {
  return !exceptions.some(
    (row) =>
      row.suite === suite &&
      (row.name ?? name) === name &&
      (row.world ?? world) === world &&
      row.ways.includes(way),
  );
}
