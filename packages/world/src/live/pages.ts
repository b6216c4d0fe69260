import { inputInvalid } from '../errors.ts';
import type { RunProjection } from '../projection.ts';
import type { ListRequest } from '../world.ts';

const DEFAULT_PAGE_RUNS = 100;

/**
 * One page of a listing: runs by descending id, after the cursor, that fit the request.
 *
 * `ids` must be sorted descending; `load` is called for no more of them than the page needs, may answer undefined
 * for one that is gone, and may answer later, to let others have a turn.
 */
export async function pageOf(
  ids: readonly string[],
  request: ListRequest,
  load: (runId: string) => RunProjection | undefined | Promise<RunProjection | undefined>,
): Promise<{ runs: RunProjection[]; cursor?: string }> {
  const { cursor, status, workflowName } = request;
  const limit = pageLimitOf(request);
  const runs: RunProjection[] = [];
  for (let at = cursor === undefined ? 0 : firstBelow(ids, cursor); at < ids.length; at += 1) {
    const loaded = load(ids[at]!);
    const run = loaded instanceof Promise ? await loaded : loaded;
    if (!run || (status && run.status !== status)) continue;
    if (workflowName !== undefined && run.workflowName !== workflowName) continue;
    // One more than asked for is what tells that a next page exists.
    if (runs.length === limit) return { runs, cursor: runs[limit - 1]!.runId };
    runs.push(run);
  }
  return { runs };
}

/** How many runs a page holds. Throws INPUT_INVALID. */
export function pageLimitOf({ limit = DEFAULT_PAGE_RUNS }: ListRequest): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw inputInvalid('list request', `limit: got ${limit}`);
  return limit;
}

/** The range of a read of history, with its defaults, or INPUT_INVALID. */
export function checkRange(range: { readonly after?: number; readonly limit?: number }): {
  readonly after: number;
  readonly limit?: number;
} {
  const { after = 0, limit } = range;
  if (!Number.isSafeInteger(after) || after < 0) throw inputInvalid('range', `after: got ${after}`);
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 0)) {
    throw inputInvalid('range', `limit: got ${limit}`);
  }
  return { after, limit };
}

function firstBelow(ids: readonly string[], cursor: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ids[middle]! < cursor) high = middle;
    else low = middle + 1;
  }
  return low;
}
