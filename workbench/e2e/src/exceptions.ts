/** The one table of what is not played where, and why; a test checks that every row still names something. */

/** Where cases are played: in this process, with or without Executions between turns, or over HTTP. */
export type Way = 'resident' | 'dropped' | 'http';

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
    ways: ['dropped'],
    reason:
      'four thousand events, each replayed from the first: the square of it is what dropping costs, and eight children show the same',
  },
  {
    suite: 'recovery',
    ways: ['resident', 'dropped'],
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
