/** One measurement in a process of its own: the request is the first argument, the row is the last line of stdout. */
import { measureLimits } from './limits.ts';
import { round } from './statistics.ts';
import { type Request, workloads } from './workload.ts';

const request = JSON.parse(process.argv[2]!) as Request;
const before = measureLimits();
const row = await workloads[request.workload]!.run(request);
const rss_mb = round(process.resourceUsage().maxRSS / 1_024);
console.log(JSON.stringify({ ...row, rss_mb, limit: before }));
