/**
 * Measures workloads on worlds and prints a table, or with `--json` one object a line.
 *
 * Each measurement is a process of its own, and measures the machine's limits beside the workload: read the ratios,
 * not the times.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { serverUrl } from '@workbench/postgres/config.ts';
import { startPostgres } from '@workbench/postgres/server.ts';
import { buildForProduction } from './production-build.ts';
import { table } from './table.ts';
import { type Request, type Row, workloads } from './workload.ts';

const worlds = ['memory', 'local', 'postgres'];

const { values } = parseArgs({
  options: {
    world: { type: 'string' },
    workload: { type: 'string' },
    n: { type: 'string' },
    iters: { type: 'string', default: '9' },
    json: { type: 'boolean', default: false },
  },
});

function chosen(option: string, given: string | undefined, known: readonly string[]): readonly string[] {
  if (given === undefined) return known;
  const names = given.split(',');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) fail(`--${option}: expected one of ${known.join(', ')}, got ${unknown}`);
  return names;
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) fail(`--${option}: expected a whole number, got ${text}`);
  return number;
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

const { directory, script } = await buildForProduction();
const chosenWorlds = chosen('world', values.world, worlds);
const own =
  chosenWorlds.includes('postgres') && serverUrl() === undefined
    ? await startPostgres({ fsync: 'on' })
    : undefined;
const postgresUrl = serverUrl() ?? own?.url;

/** As docs/postgres.md has workers started. What the caller's own options say comes later, and counts. */
const NODE_OPTIONS = ['--max-semi-space-size=16', process.env.NODE_OPTIONS ?? ''].join(' ').trim();

async function measure(request: Request): Promise<Row> {
  const child = spawn(process.execPath, ['--expose-gc', script, JSON.stringify(request)], {
    cwd: new URL('..', import.meta.url),
    env: { ...process.env, NODE_OPTIONS },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of child.stdout) output += chunk;
  if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode !== 0)
    fail(`${request.workload} on ${request.world} ended with exit code ${child.exitCode}`);
  return JSON.parse(output.trim().split('\n').at(-1)!) as Row;
}

const rows: Row[] = [];
const iters = wholeNumber('iters', values.iters);
for (const workload of chosen('workload', values.workload, Object.keys(workloads))) {
  const sizes =
    values.n === undefined ? workloads[workload]!.sizes : values.n.split(',').map((n) => wholeNumber('n', n));
  for (const n of sizes) {
    for (const world of chosenWorlds) {
      if (!(workloads[workload]!.worlds ?? worlds).includes(world)) continue;
      const row = await measure({
        world,
        workload,
        n,
        iters,
        ...(world === 'postgres' ? { postgresUrl } : {}),
      });
      rows.push(row);
      if (values.json) console.log(JSON.stringify(row));
    }
  }
}
if (!values.json) console.log(table(rows));
await own?.close();
rmSync(directory, { recursive: true, force: true });
