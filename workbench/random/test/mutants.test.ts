/** Engines and stores that are wrong on purpose: each must be caught within its budget of seeds. */
import { type Event, type EventOf, eventIdOf, type World } from '@perdure/world';
import { afterEach, describe, expect, it } from 'vitest';
import { HydrationCache } from '../../../packages/core/src/hydration-cache.ts';
import { OpenOperations } from '../../../packages/core/src/open-operations.ts';
import { type CampaignOptions, campaign } from '../src/campaign.ts';
import type { Setting } from '../src/playing.ts';
import { type WrongGuest, wrongGuest } from '../src/wrong-guest.ts';

const seedsMost = 400;
const settings: readonly Setting[] = [
  { world: 'memory', residency: 'resident', crashes: 0 },
  { world: 'memory', residency: 'dropped', crashes: 0 },
];

type Mutant = Pick<CampaignOptions, 'disguise'> & {
  readonly patch?: () => () => void;
  readonly wrong?: () => WrongGuest;
};

/** The world with some calls of its runs replaced. */
function disguised(change: (runs: World['runs']) => Partial<World['runs']>): Mutant {
  return {
    disguise(world) {
      const { runs } = world;
      const members = change(runs);
      const stand = new Proxy(runs, {
        get(target, name) {
          if (Object.hasOwn(members, name)) return members[name as keyof World['runs']];
          return (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target);
        },
      });
      return new Proxy(world, {
        get: (target, name) => {
          if (name === 'runs') return stand;
          const member = Reflect.get(target, name) as unknown;
          return typeof member === 'function' ? member.bind(target) : member;
        },
      });
    },
  };
}

/** The guest with a piece of its source replaced. */
function edited(piece: string | RegExp, by: string): Mutant {
  return { wrong: () => wrongGuest(piece, by) };
}

/** A method of a class that does something else. */
function patched<T extends object>(owner: T, name: keyof T, make: (real: T[keyof T]) => unknown): Mutant {
  return {
    patch() {
      const real = owner[name];
      owner[name] = make(real) as T[keyof T];
      return () => {
        owner[name] = real;
      };
    },
  };
}

type Timer = NonNullable<ReturnType<OpenOperations['nextTimer']>>;

function timers(change: (timer: Timer) => Timer | undefined): Mutant {
  return patched(
    OpenOperations.prototype,
    'nextTimer',
    (real) =>
      function (this: OpenOperations) {
        const timer = (real as OpenOperations['nextTimer']).call(this);
        return timer && change(timer);
      },
  );
}

const isResult = (event: Event): event is EventOf<'step_completed'> => event.eventType === 'step_completed';

const mutants: Readonly<Record<string, Mutant>> = {
  'a wake-up is dropped': disguised((runs) => ({
    append: (claim, events, options) => runs.append(claim, events, { ...options, wakeAt: null }),
  })),
  'two outcomes are swapped': disguised((runs) => ({
    append(claim, events, options) {
      const [one, other] = events.filter(isResult);
      if (!one || !other) return runs.append(claim, events, options);
      const data = new Map([
        [one, other.eventData],
        [other, one.eventData],
      ]);
      const swapped = events.map((event) =>
        isResult(event) && data.has(event) ? { ...event, eventData: data.get(event)! } : event,
      );
      return runs.append(claim, swapped, options);
    },
  })),
  'an append does not look at the tail': disguised((runs) => ({
    async append(claim, events, options) {
      const result = await runs.append(claim, events, options);
      if (result.kind !== 'tail-moved') return result;
      const after = result.missed.at(-1)!.version;
      const moved = events.map((event, i) => ({
        ...event,
        version: after + i + 1,
        eventId: eventIdOf(after + i + 1),
        createdAt: Math.max(event.createdAt, result.missed.at(-1)!.createdAt),
      }));
      return runs.append(claim, moved, { ...options, after });
    },
  })),
  'the source of random numbers is not seeded': disguised((runs) => ({
    async history(runId, options) {
      const events = await runs.history(runId, options);
      return events.map((event) =>
        event.eventType === 'run_created'
          ? {
              ...event,
              eventData: { ...event.eventData, seed: Math.random().toString(16).slice(2).padEnd(64, '0') },
            }
          : event,
      );
    },
  })),
  'a payload is acknowledged and lost': disguised((runs) => {
    let received = 0;
    return {
      async send(runId, event) {
        received += event.eventType === 'hook_received' ? 1 : 0;
        if (event.eventType !== 'hook_received' || received % 5 !== 0) return runs.send(runId, event);
        const [created] = await runs.history(runId, { limit: 1 });
        return { event: created!, duplicate: false };
      },
    };
  }),
  'a payload that is sent again is another one': disguised((runs) => {
    let sent = 0;
    return {
      send: (runId, event) => {
        sent += 1;
        return runs.send(
          runId,
          event.eventType === 'hook_received' ? { ...event, key: `sent_${sent}` } : event,
        );
      },
    };
  }),
  'a wait is recorded with another time': disguised((runs) => ({
    append: (claim, events, options) =>
      runs.append(
        claim,
        events.map((event) =>
          event.eventType === 'wait_created'
            ? { ...event, eventData: { resumeAt: event.eventData.resumeAt + 1 } }
            : event,
        ),
        options,
      ),
  })),
  'an append is acknowledged and lost': disguised((runs) => {
    let appends = 0;
    return {
      async append(claim, events, options) {
        appends += 1;
        if (appends % 40 !== 0) return runs.append(claim, events, options);
        return { kind: 'appended', version: options.after + events.length };
      },
    };
  }),
  'a sleep ends early': timers((timer) => ({ ...timer, at: timer.at - 4 })),
  'a retry is forgotten': timers((timer) => (timer.kind === 'retry' ? undefined : timer)),
  'the cache confuses events': patched(
    HydrationCache.prototype,
    'remember',
    (real) =>
      function (this: HydrationCache, eventId: string, value: unknown) {
        (real as HydrationCache['remember']).call(this, eventId.replace(/[1-9]$/, '5'), value);
      },
  ),
  'results are delivered in another order than recorded': edited(
    'else pending.get(slot.id)?.settle(slot.kind, value);',
    `else {
      const { id, kind } = slot;
      const settle = () => pending.get(id)?.settle(kind, value);
      const steps = [...pending.keys()].filter((key) => key.startsWith('step_')).length;
      if (kind === 'step_completed' && steps > 1 && !pending.held) pending.held = settle;
      else { const { held } = pending; pending.held = undefined; settle(); held?.(); }
    }`,
  ),
  'a result is delivered twice': edited(
    /if \(waiter\) waiter\.resolve\(\{\s*done: false,\s*value: payload\s*\}\);/,
    'if (waiter) { waiter.resolve({ done: false, value: payload }); this.#queue.push(payload); }',
  ),
  'a payload that nobody waits for is dropped': edited('else this.#queue.push(payload)', 'else void payload'),
  'a reader that gave up still takes a payload': edited(
    /if \(waiter\.count === 0 && this\.#waiter === waiter\) this\.#waiter = (undefined|void 0);/,
    '',
  ),
  'a failed step resolves': edited(
    /if \(kind === ["']step_completed["']\) resolve\(value\);\s*else reject\(value\);/,
    'resolve(value);',
  ),
  'all runs have the same random numbers': edited(/numbers \$\{init\.seed\}/, 'numbers'),
  "the clock is the machine's": edited('now: () => slot.time }', 'now: () => RealDate.now() }'),
  'ids are counted by their kind': edited(
    /const id = `\$\{prefix\}_\$\{init\.base\}_\$\{sequence\}`;/,
    "const counts = nextId.counts ??= {}; counts[prefix] = (counts[prefix] ?? -1) + 1; const id = [prefix, init.base, counts[prefix]].join('_');",
  ),
  'an abort stays in the workflow': edited(/issue\(["']request-abort["'][^;]*;/, ';'),
};

describe('a wrong engine is caught', () => {
  let restore: (() => void) | undefined;
  afterEach(() => {
    restore?.();
    restore = undefined;
  });

  it.each(Object.entries(mutants))(
    '%s',
    async (_name, { patch, wrong, disguise }) => {
      const other = wrong?.();
      restore = patch?.() ?? other?.remove;
      const { failures } = await campaign(
        Array.from({ length: seedsMost }, (_, i) => i + 1),
        {
          settings,
          together: 20,
          stride: 8,
          stuckMs: 1_200,
          play: 'in turn',
          ...(disguise ? { disguise } : {}),
          ...(other ? { guest: other.modules } : {}),
        },
      );
      expect(failures.length).toBeGreaterThan(0);
    },
    120_000,
  );
});
