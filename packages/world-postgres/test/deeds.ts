/**
 * Everything that a world can be asked, one deed after the other, with what each answered.
 *
 * A deed that failed may be done again: the deeds of one `name` leave the same whatever happened in between.
 */
import type { Claim, StepClaim, World } from '@perdure/world';
import type { PostgresWorld } from '../src/index.ts';
import { event, LEASE_MS, runCreated } from './events.ts';

export interface Deed {
  readonly what: string;
  readonly work: () => Promise<unknown>;
}

export interface Deeds {
  readonly deeds: readonly Deed[];
  /** What is left, without what differs from one time to the next. */
  left(): Promise<unknown>;
}

/** The deeds of one process, in the order in which they are to be done. */
export function deedsOf(world: PostgresWorld, name: string): Deeds {
  const { runs, steps, streams, programs } = world;
  const id = (n: number): string => `run_${name}_${n}`;
  const worker = `worker_${name}`;
  const claims = new Map<string, Claim>();
  let step: StepClaim | undefined;
  const request = { worker, leaseMs: LEASE_MS };
  const create = (n: number, more: object = {}, options: object = {}) =>
    runs.create(runCreated(id(n), { workflowName: `flow ${name}`, ...more }), {
      claimFor: request,
      ...options,
    });
  const keep = async (n: number, created: ReturnType<World['runs']['create']>): Promise<unknown> => {
    const { claim, created: isNew, replacedRunId } = await created;
    if (claim) claims.set(id(n), claim);
    return { isNew, held: claim !== undefined, replaced: replacedRunId !== undefined };
  };
  const append = async (
    n: number,
    after: number,
    events: readonly object[],
    more: object = {},
  ): Promise<unknown> => {
    const placed = events.map((one, index) =>
      event(id(n), after + 1 + index, (one as { eventType: string }).eventType, one),
    );
    return runs.append(claims.get(id(n))!, placed, { after, wakeAt: null, ...more });
  };
  const hook = (token: string) => ({
    eventType: 'hook_created',
    correlationId: 'hook_1',
    eventData: { token: `${token} ${name}` },
  });
  const send = (n: number, eventType: string, key: string, more: object = {}) =>
    runs
      .send(id(n), { eventType, key, eventData: {}, ...more } as never)
      .then(({ duplicate }) => ({ sent: !duplicate }));
  const key = `key ${name}`;
  const deeds: Deed[] = [
    { what: 'put a program', work: () => programs.put('abc', 'code') },
    { what: 'get a program', work: () => programs.get('abc') },
    { what: 'create and claim', work: () => keep(1, create(1)) },
    { what: 'create with a key', work: () => keep(2, create(2, { key })) },
    { what: 'join by key', work: () => keep(3, create(3, { key })) },
    { what: 'replace by key', work: () => keep(4, create(4, { key }, { onConflict: 'replace' })) },
    {
      what: 'append',
      work: () =>
        append(1, 1, [
          { eventType: 'run_started' },
          {
            eventType: 'step_created',
            correlationId: 'step_1',
            eventData: { stepName: `work ${name}`, input: '[]' },
          },
          { eventType: 'step_offered', correlationId: 'step_1', eventData: { failures: 0 } },
        ]),
    },
    { what: 'append a token', work: () => append(1, 4, [hook('a')]) },
    { what: 'take a token that is taken', work: () => append(4, 1, [hook('a')]) },
    {
      what: 'append behind the tail',
      work: () =>
        append(1, 3, [{ eventType: 'attr_set', eventData: { attributes: {} } }]).then(
          (result) => (result as { kind: string }).kind,
        ),
    },
    {
      what: 'claim a step',
      work: async () => {
        const { claimed } = await steps.claim({ ...request, limit: 5, stepNames: [`work ${name}`] });
        step = claimed[0]?.claim ?? step;
        return claimed.length;
      },
    },
    { what: 'renew a step', work: () => steps.renew({ ...request, claims: [step!] }) },
    {
      what: 'finish a step',
      work: () => steps.finish(step!, { eventType: 'step_completed', eventData: { output: '1' } }),
    },
    { what: 'give a step back', work: () => steps.release([step!]) },
    {
      what: 'send a payload',
      work: () => send(1, 'hook_received', 'k1', { correlationId: 'hook_1', eventData: { payload: '1' } }),
    },
    {
      what: 'send attributes',
      work: () => send(1, 'attr_set', 'k2', { eventData: { attributes: { a: 'b' } } }),
    },
    { what: 'read a history', work: async () => (await runs.history(id(1))).length },
    { what: 'read a run', work: async () => (await runs.get(id(1)))?.attributes },
    { what: 'list runs', work: async () => (await runs.list({ workflowName: `flow ${name}` })).runs.length },
    { what: 'find a hook', work: async () => (await runs.hookByToken(`a ${name}`))?.correlationId },
    {
      what: 'renew',
      work: () => runs.renew({ ...request, claims: [{ claim: claims.get(id(1))!, version: 9 }] }),
    },
    { what: 'give back', work: () => runs.release([claims.get(id(4))!]) },
    {
      what: 'create for others',
      work: () =>
        runs.create(runCreated(id(5), { workflowName: `flow ${name}` })).then(({ created }) => created),
    },
    {
      what: 'claim what is due',
      work: async () => {
        const { claimed } = await runs.claim({ ...request, limit: 5, workflowNames: [`flow ${name}`] });
        for (const { claim } of claimed) claims.set(claim.runId, claim);
        return claimed.length;
      },
    },
    { what: 'append to a stream', work: () => streams.append(id(1), 'out', ['a', 'b']) },
    { what: 'append more', work: () => streams.append(id(1), 'out', [new Uint8Array([1])]) },
    { what: 'close a stream', work: () => streams.close(id(1), 'out') },
    {
      what: 'read a stream',
      work: async () => (await streams.read(id(1), 'out', { from: 0 })).chunks.length,
    },
    { what: 'look at a stream', work: () => streams.info(id(1), 'out') },
    { what: 'list streams', work: () => streams.list(id(1)) },
    {
      what: 'create for later',
      work: () =>
        runs
          .create(runCreated(id(6), { workflowName: `flow ${name}` }), { wakeAt: 4e12 })
          .then(({ created }) => created),
    },
    {
      what: 'send and take the run along',
      work: () =>
        runs
          .send(
            id(6),
            { eventType: 'abort_requested', key: 'k4', correlationId: 'abrt_1', eventData: { reason: '1' } },
            { claimFor: request },
          )
          .then(({ duplicate, claim }) => ({ sent: !duplicate, held: claim?.worker === worker })),
    },
    {
      what: 'append and go on',
      work: () =>
        append(1, 9, [
          {
            eventType: 'wait_created',
            correlationId: 'wait_1',
            createdAt: 8e12,
            eventData: { resumeAt: 4e12 },
          },
        ]),
    },
    {
      what: 'end a run',
      work: () =>
        append(1, 10, [{ eventType: 'run_completed', eventData: { output: '1' }, createdAt: 9e12 }]),
    },
    { what: 'cancel a run', work: () => send(4, 'run_cancelled', 'k3', { eventData: { reason: 'enough' } }) },
    { what: 'prune', work: () => world.prune({ olderThanMs: 1e12 }) },
  ];
  const left = async (): Promise<unknown> => {
    const all = await runs.list({ workflowName: `flow ${name}`, limit: 100 });
    const found = [];
    for (const run of all.runs) {
      const history = await runs.history(run.runId);
      found.push({
        status: run.status,
        types: history.map(({ eventType }) => eventType),
        attributes: run.attributes,
      });
    }
    return { found, stream: await streams.read(id(1), 'out', { from: 0 }) };
  };
  return { deeds, left };
}
