/** The thread of the lease keeper: renews the process's lease while the main thread is late. */
import type { parentPort, workerData } from 'node:worker_threads';
import type { LeaseThreadData, LeaseThreadMessage } from './lease-keeper.ts';

/** What the thread is given: `node:worker_threads` as it is there, and `pg`, loaded when it is needed first. */
interface Surroundings {
  readonly threads: { readonly parentPort: typeof parentPort; readonly workerData: typeof workerData };
  readonly loadPg: () => typeof import('pg');
}

/**
 * Runs the thread. It is started by its text, so that it is there where a bundler has made one file of everything:
 * it uses nothing but what it is given.
 */
export function runLeaseThread({ threads, loadPg }: Surroundings): void {
  const { shared, connection, schema, stallMs } = threads.workerData as LeaseThreadData;
  const fields = new BigInt64Array(shared);
  const leases = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let renewedAt = 0;
  let busy: 'no' | 'yes' = 'no';

  const look = async (): Promise<void> => {
    const now = Date.now();
    const heard = Number(fields[0]);
    const isLate = now - Math.max(heard, renewedAt) > Math.min(...leases.values()) / 2;
    if (busy === 'yes' || !isLate || fields[1] === 0n || now - heard > stallMs) return;
    busy = 'yes';
    try {
      await renew();
      renewedAt = now;
    } catch {
      // The next look tries again; what cannot be renewed passes to others.
    } finally {
      busy = 'no';
    }
  };

  /** Connects for the while: the main thread is rarely late. */
  const renew = async (): Promise<void> => {
    const { Client } = loadPg();
    const client = new Client({ ...connection, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const text = `UPDATE "${schema}".workers SET lease_until = greatest(lease_until, "${schema}".time_now(NULL) + $2) WHERE worker = $1`;
      for (const [worker, leaseMs] of leases) await client.query(text, [worker, leaseMs]);
    } finally {
      await client.end().catch(() => undefined);
    }
  };

  threads.parentPort!.on('message', ({ worker, leaseMs }: LeaseThreadMessage) => {
    leases.set(worker, leaseMs);
    clearInterval(timer);
    timer = setInterval(() => void look(), Math.min(...leases.values()) / 6);
  });
}
