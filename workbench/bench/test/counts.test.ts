/** How many statements and commits runs cost on Postgres: counts do not depend on the machine. */
import { testServer } from '@workbench/postgres/test-server.ts';
import { expect, test } from 'vitest';
import { count } from '../src/workloads/postgres-workloads.ts';

test('a sequential step is one statement and one commit, and two hundred parallel ones are a few', async () => {
  const { url: postgresUrl } = await testServer();
  const counted = await count({ world: 'postgres', workload: 'count', n: 200, iters: 1, postgresUrl });
  // One for the creation with its claim, one that starts the first step, one for each result, one that reads the output.
  expect(counted.seq_statements).toBeLessThanOrEqual(203);
  expect(counted.seq_commits).toBeLessThanOrEqual(203);
  expect(counted.par_statements).toBeLessThanOrEqual(12);
});
