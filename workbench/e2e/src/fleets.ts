/** The fleets that cases are played on, each started when first asked for. */
import type { RecoveryCase } from './cases/recovery.ts';
import { Fleet, type Target } from './fleet.ts';
import { openStore, type PostgresUrl } from './stores.ts';

/** For how long a worker keeps what it has that says nothing: short where it is killed, so that cases are. */
const leaseMs = { lasting: 10_000, mortal: 2_000 } as const;

export class Fleets {
  readonly #target: Target;
  readonly #postgres: PostgresUrl;
  readonly #open = new Map<keyof typeof leaseMs, Promise<Fleet>>();

  constructor(target: Target, postgres: PostgresUrl) {
    this.#target = target;
    this.#postgres = postgres;
  }

  /** Servers that live as long as this. */
  lasting(): Promise<Fleet> {
    return this.#fleet('lasting');
  }

  /** The servers of a case that may kill them. */
  for({ kills = 'some' }: RecoveryCase): Promise<Fleet> {
    return this.#fleet(kills === 'some' ? 'mortal' : 'lasting');
  }

  async close(): Promise<void> {
    for (const fleet of this.#open.values()) await (await fleet.catch(() => undefined))?.close();
    this.#open.clear();
  }

  #fleet(kind: keyof typeof leaseMs): Promise<Fleet> {
    const known = this.#open.get(kind);
    if (known) return known;
    const opening = this.#start(leaseMs[kind]);
    this.#open.set(kind, opening);
    return opening;
  }

  async #start(ms: number): Promise<Fleet> {
    const fleet = new Fleet(this.#target, await openStore(this.#target.world, this.#postgres), ms);
    try {
      await fleet.fill();
      return fleet;
    } catch (error) {
      await fleet.close();
      throw error;
    }
  }
}
