/** One measurement in a process of its own: the request is the first argument, the row is the last line of stdout. */

import { readFileSync } from 'node:fs';
import { usePostgres } from './bench-world.ts';
import { measureLimits } from './limits.ts';
import { measurePostgresLimits } from './postgres-limits.ts';
import { round } from './statistics.ts';
import { type Request, workloads } from './workload.ts';

const request = JSON.parse(process.argv[2]!) as Request;
const { postgresUrl, ...shown } = request;
if (postgresUrl !== undefined) usePostgres(postgresUrl);
const before = {
  ...measureLimits(),
  ...(postgresUrl === undefined ? {} : await measurePostgresLimits(postgresUrl)),
};
const row = await workloads[request.workload]!.run(request);
const rss_mb = round(peakKilobytes() / 1_024);
const options = process.env.NODE_OPTIONS;
const node = options ? { node_options: options } : {};
console.log(JSON.stringify({ ...row, ...shown, postgresUrl: undefined, rss_mb, ...node, limit: before }));

/** Linux hands a parent's peak on to the process that it starts, but not into this record of its own memory. */
function peakKilobytes(): number {
  try {
    const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (peak !== undefined) return Number(peak);
  } catch {
    // No such record here.
  }
  return process.resourceUsage().maxRSS;
}
