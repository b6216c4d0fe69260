/**
 * A world as one process sees it: a crash cuts it off.
 *
 * Calls of a process that crashed never settle, as after a SIGKILL: rejecting them would run `catch` and `finally`
 * blocks that a dead process does not run. The claims it held are given back at once, as if its lease had run out.
 */
import { type Claim, type Event, type StepClaim, type World, worldErrors } from '@perdure/world';

/** Before the append, between its two halves, after it; or the process is asked to stop then. */
export type CrashPoint = 'before' | 'unacknowledged' | 'after' | 'stopped';

export interface TetherOptions {
  /** How many processes it is told drive runs: with many, steps that find no slot are offered. */
  readonly drivers: World['drivers'];
  /** Ends at this append, counted from 1; 0: never. */
  readonly crashAt: number;
  /** Where in that append. */
  readonly point: CrashPoint;
  /** `gone`: another process must take over; `leaving`: it ends itself, in good order. */
  readonly onEnd: (how: 'gone' | 'leaving') => void;
  /** Whether the next hint arrives. */
  readonly hears: () => boolean;
  /** What became durable through this process. */
  readonly onAppended: (events: readonly Event[]) => void;
  readonly onTrouble: (problem: string) => void;
}

export interface Tether {
  readonly world: World;
  /** Its runtime was closed: from now on it must not write. */
  retire(): void;
  /** Lets go of a process that crashed: what it still waits for is refused, as on a close. */
  bury(): void;
}

type Runs = World['runs'];

export function tether(under: World, options: TetherOptions): Tether {
  const claims = new Map<string, Claim>();
  const stepClaims: StepClaim[] = [];
  const stuck: ((error: unknown) => void)[] = [];
  let appends = 0;
  let retired: 'no' | 'yes' = 'no';
  let state: 'alive' | 'dead' | 'buried' = 'alive';
  const never = (): Promise<never> =>
    new Promise((_, reject) => {
      if (state === 'buried') reject(worldErrors.worldClosed(under.name));
      else stuck.push(reject);
    });
  const die = (): void => {
    if (state !== 'alive') return;
    state = 'dead';
    const released = [under.runs.release([...claims.values()]), under.steps.release(stepClaims)];
    void Promise.allSettled(released).then(() => options.onEnd('gone'));
  };
  /** Both ends of a call are moments at which the process may be gone. */
  const through = async <T>(call: () => Promise<T>, whenGone?: (result: T) => unknown): Promise<T> => {
    if (state !== 'alive') return never();
    const result = await call();
    if (state === 'alive') return result;
    await whenGone?.(result);
    return never();
  };
  const hold = (some: readonly (Claim | undefined)[]): void => {
    for (const claim of some) if (claim) claims.set(claim.runId, claim);
  };
  const giveBack = (some: readonly (Claim | undefined)[]): Promise<void> =>
    under.runs.release(some.filter((claim) => claim !== undefined));
  /** A write at which the process may end. */
  const write = async <T>(make: () => Promise<T>): Promise<T> => {
    appends += 1;
    const last = appends === options.crashAt;
    if (last && options.point === 'before') die();
    return through(async () => {
      const result = await make();
      if (last && options.point === 'unacknowledged') die();
      if (last && options.point === 'after') setImmediate(die);
      if (last && options.point === 'stopped') options.onEnd('leaving');
      return result;
    });
  };
  const append: Runs['append'] = async (claim, events, given) => {
    if (retired === 'yes' && state === 'alive')
      options.onTrouble(`run ${claim.runId} is driven by a closed runtime`);
    return write(async () => {
      const result = await under.runs.append(claim, events, given);
      if (result.kind === 'appended' && events.length > 0) options.onAppended(events);
      return result;
    });
  };
  const steps = standIn(under.steps, through, {
    claim: (request) =>
      through(
        async () => {
          const result = await under.steps.claim(request);
          stepClaims.push(...result.claimed.map(({ claim }) => claim));
          options.onAppended(result.claimed.map(({ started }) => started));
          return result;
        },
        ({ claimed }) => under.steps.release(claimed.map(({ claim }) => claim)),
      ),
    finish: (claim, outcome) =>
      write(async () => {
        const result = await under.steps.finish(claim, outcome);
        options.onAppended([]);
        return result;
      }),
  });
  const runs = standIn(under.runs, through, {
    append,
    create: (event, given) =>
      through(
        async () => {
          const result = await under.runs.create(event, given);
          hold([result.claim]);
          return result;
        },
        ({ claim }) => giveBack([claim]),
      ),
    claim: (request) =>
      through(
        async () => {
          const result = await under.runs.claim(request);
          hold(result.claimed.map(({ claim }) => claim));
          return result;
        },
        ({ claimed }) => giveBack(claimed.map(({ claim }) => claim)),
      ),
    watch: (listener) => under.runs.watch((hint) => state === 'alive' && options.hears() && listener(hint)),
  });
  const streams = standIn(under.streams, through, { watch: under.streams.watch.bind(under.streams) });
  const programs = standIn(under.programs, through, {});
  const world: World = {
    name: under.name,
    drivers: options.drivers,
    runs,
    steps,
    streams,
    programs,
    now: () => under.now(),
    clear: () => under.clear(),
    close: () => under.close(),
  };
  const bury = (): void => {
    state = 'buried';
    for (const reject of stuck.splice(0)) reject(worldErrors.worldClosed(under.name));
  };
  const retire = (): void => {
    retired = 'yes';
  };
  return { world, retire, bury };
}

/** The part of a world with other members, and every other call made `through` something. */
function standIn<T extends object>(
  part: T,
  through: (call: () => Promise<unknown>) => Promise<unknown>,
  members: Partial<T>,
): T {
  return new Proxy(part, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return members[name as keyof T];
      const member = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => through(() => member.apply(target, args));
    },
  });
}
