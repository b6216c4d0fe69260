import { timeAfter } from '@perdure/core';
import type { World } from '@perdure/world';
import { textOf } from '../arguments.ts';
import { type Command, exitCodes, type Input } from '../command.ts';
import { prune as help } from '../help.ts';
import { flagInvalid, flagMissing } from '../messages.ts';
import { withWorld, worldFlags } from '../open-world.ts';
import { pruned, prunedSoFar, retentionNone } from '../store-messages.ts';

type EndedStatus = 'completed' | 'failed' | 'cancelled';

interface PruneRequest {
  readonly olderThanMs: number;
  readonly statuses?: readonly EndedStatus[];
  readonly batch?: number;
}

/** What worlds have that remove runs by age; no part of the contract. */
interface PruningWorld extends World {
  prune(request: PruneRequest & { readonly onProgress: (removed: number) => void }): Promise<number>;
}

const ended: readonly string[] = ['completed', 'failed', 'cancelled'] satisfies EndedStatus[];
const batchMax = 10_000;

export const prune: Command = {
  name: 'prune',
  flags: {
    ...worldFlags,
    'older-than': { type: 'string' },
    status: { type: 'string' },
    batch: { type: 'string' },
  },
  positionals: [],
  help,
  async run(input, session) {
    const request = requestOf(input);
    const { output } = session;
    const removed = await withWorld(input, session, (world) => {
      const { prune: remove } = world as Partial<PruningWorld>;
      if (typeof remove !== 'function') throw retentionNone(world.name);
      const onProgress = (count: number) => output.note(prunedSoFar(count));
      return remove.call(world, { ...request, onProgress });
    });
    if (input.values.json) output.json({ removed }, 'indented');
    else output.line(pruned(removed));
    return exitCodes.done;
  },
};

function requestOf(input: Input): PruneRequest {
  const age = textOf(input, 'older-than');
  if (age === undefined) throw flagMissing('prune', '--older-than DURATION', 'none');
  const status = textOf(input, 'status');
  const batch = textOf(input, 'batch');
  return {
    olderThanMs: durationOf(age),
    ...(status === undefined ? {} : { statuses: statusesOf(status) }),
    ...(batch === undefined ? {} : { batch: batchOf(batch) }),
  };
}

function durationOf(text: string): number {
  try {
    return timeAfter(text, 0);
  } catch {
    throw flagInvalid('--older-than', 'a duration such as 30d or 12h', text);
  }
}

function statusesOf(text: string): EndedStatus[] {
  const names = text.split(',').map((name) => name.trim());
  if (!names.every((name) => ended.includes(name)))
    throw flagInvalid('--status', `one or more of ${ended.join(',')}`, text);
  return names as EndedStatus[];
}

function batchOf(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > batchMax)
    throw flagInvalid('--batch', `a whole number from 1 to ${batchMax}`, text);
  return Number(text);
}
