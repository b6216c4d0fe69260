import type { Row } from './workload.ts';

const hidden = new Set(['world', 'workload', 'n', 'iters', 'limit']);

function show(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { median, min, p99 } = value as { median: number; min: number; p99: number };
  return `${median} (min ${min}, p99 ${p99})`;
}

/** A table for people, with the machine's limits as they were beside each workload. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const figures = Object.entries(row)
      .filter(([key]) => !hidden.has(key))
      .map(([key, value]) => `${key} ${show(value)}`);
    const limits = Object.entries(row.limit as Record<string, number>).map(
      ([key, value]) => `${key} ${value}`,
    );
    const name = `${row.workload} ${row.n}`.padEnd(18) + row.world.padEnd(8);
    return `${name}${figures.join(', ')}\n${' '.repeat(26)}limit: ${limits.join(', ')}`;
  });
  return [
    `node ${process.version}; local world: durability process; Postgres: fsync and synchronous_commit on`,
    ...lines,
  ].join('\n');
}
