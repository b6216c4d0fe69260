/** How handles of this process reach their runs: through its runtime, whenever that is ready. */
import type { RunAccess } from '@perdure/core';
import { getRuntime } from './ambient.ts';
import { laterReadable, laterWritable } from './later-streams.ts';

export const processAccess: RunAccess = {
  find: async (runId) => (await getRuntime()).access.find(runId),
  projection: async (runId) => (await getRuntime()).access.projection(runId),
  result: async (runId) => (await getRuntime()).access.result(runId),
  cancel: async (runId, reason) => (await getRuntime()).access.cancel(runId, reason),
  wakeUp: async (runId, ids) => (await getRuntime()).access.wakeUp(runId, ids),
  readable: (place) => laterReadable(async () => (await getRuntime()).access.readable(place)),
  writable: (place) => laterWritable(async () => (await getRuntime()).access.writable(place)),
  respond: async (place, response) => (await getRuntime()).access.respond(place, response),
};
