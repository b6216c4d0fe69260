import { describe, expect, test } from 'vitest';
import { applyAll } from '../src/apply-all.ts';
import { apply, begin, type Event, type EventType, fold, type Projection, waitingFor } from '../src/index.ts';
import { event, randomOf, sampleTypes } from './samples.ts';

const refusal = { name: 'WorldError', code: 'HISTORY_INVALID' };

function projectionOf(...types: readonly EventType[]): Projection {
  const history = (['run_created', ...types] as EventType[]).map((type, index) => event(index + 1, type));
  return fold(history)!;
}

function refuses(projection: Projection, next: Event): void {
  const before = structuredClone(projection);
  expect(() => apply(projection, next)).toThrowError(expect.objectContaining(refusal));
  expect(projection).toStrictEqual(before);
}

describe('a history', () => {
  test('begins with run_created at version 1, and nothing folds to nothing', () => {
    expect(fold([])).toBeUndefined();
    expect(() => begin(event(1, 'run_started'))).toThrowError(expect.objectContaining(refusal));
    expect(() => begin(event(2, 'run_created'))).toThrowError(expect.objectContaining(refusal));
  });

  test('refuses gaps, repetitions, other runs, time that goes back and known keys', () => {
    const projection = projectionOf('run_started', 'hook_created');
    refuses(projection, event(3, 'step_created'));
    refuses(projection, event(5, 'step_created'));
    refuses(projection, { ...event(4, 'step_created'), runId: 'run_2' });
    refuses(projection, event(4, 'step_created', { createdAt: 1 }));
    apply(projection, event(4, 'hook_received', { key: 'key_1' }));
    refuses(projection, event(5, 'hook_received', { key: 'key_1' }));
    apply(projection, event(5, 'hook_received', { key: 'key_2' }));
    expect(Object.fromEntries(projection.keys)).toEqual({ key_1: 4, key_2: 5 });
  });

  for (const terminal of ['run_completed', 'run_failed', 'run_cancelled'] as const) {
    test(`takes nothing after ${terminal}`, () => {
      const projection = projectionOf(terminal);
      for (const type of sampleTypes) refuses(projection, event(3, type));
    });
  }
});

describe('a run', () => {
  test('goes from pending to running to its end', () => {
    const projection = projectionOf();
    expect(projection.run.status).toBe('pending');
    apply(projection, event(2, 'run_started'));
    expect(projection.run).toMatchObject({ status: 'running', startedAt: 1002, version: 2, updatedAt: 1002 });
    refuses(projection, event(3, 'run_started'));
    apply(projection, event(3, 'run_failed'));
    expect(projection.run).toMatchObject({ status: 'failed', errorCode: 'USER', completedAt: 1003 });
  });

  test('comes back from a pause to what it was', () => {
    const pending = projectionOf('run_paused');
    expect(pending.run).toMatchObject({ status: 'paused', pauseReason: { code: 'DIVERGED' } });
    apply(pending, event(3, 'run_resumed'));
    expect(pending.run.status).toBe('pending');
    expect(pending.run).not.toHaveProperty('pauseReason');
    refuses(pending, event(4, 'run_resumed'));
    const running = projectionOf('run_started', 'run_paused', 'run_resumed');
    expect(running.run.status).toBe('running');
    expect(
      projectionOf('run_paused', 'run_cancelled').run,
      'no reason to pause once ended',
    ).not.toHaveProperty('pauseReason');
  });
});

describe('a step, a wait and a hook', () => {
  test('a step counts its attempts and ends once', () => {
    const projection = projectionOf('step_created');
    refuses(projection, event(3, 'step_created'));
    refuses(projection, event(3, 'step_retrying'));
    refuses(projection, event(3, 'step_started', { eventData: { attempt: 2, worker: 'w' } }));
    apply(projection, event(3, 'step_started'));
    apply(projection, event(4, 'step_started', { eventData: { attempt: 2, worker: 'worker_b' } }));
    apply(projection, event(5, 'step_retrying'));
    expect(projection.steps.get('step_1')).toMatchObject({ status: 'retrying', attempt: 2, retryAt: 5 });
    apply(projection, event(6, 'step_failed'));
    expect(projection.steps.get('step_1')).toEqual({
      correlationId: 'step_1',
      stepName: 'work',
      status: 'failed',
      attempt: 2,
      createdAt: 1002,
      startedAt: 1003,
      completedAt: 1006,
      worker: 'worker_b',
    });
    for (const type of ['step_started', 'step_retrying', 'step_completed', 'step_failed'] as const) {
      refuses(projection, event(7, type));
    }
  });

  test('a step is offered until it has its outcome, comes back, or is tried again', () => {
    const projection = projectionOf('run_started', 'step_created');
    refuses(projection, event(4, 'step_returned'));
    refuses(projection, event(4, 'step_offered', { eventData: { failures: 1 } }));
    apply(projection, event(4, 'step_offered'));
    const step = projection.steps.get('step_1')!;
    expect(step).toMatchObject({ status: 'offered', attempt: 0, offeredAt: 1004, failures: 0 });
    refuses(projection, event(5, 'step_offered'));
    refuses(projection, event(5, 'step_returned'));
    apply(projection, event(5, 'step_started'));
    refuses(projection, event(6, 'step_offered'));
    expect(step).toMatchObject({ status: 'running', attempt: 1, offeredAt: 1004 });
    apply(projection, event(6, 'step_returned'));
    expect(step).toStrictEqual({
      correlationId: 'step_1',
      stepName: 'work',
      status: 'pending',
      attempt: 1,
      createdAt: 1003,
      startedAt: 1005,
      worker: 'worker_a',
    });
    apply(projection, event(7, 'step_offered'));
    apply(projection, event(8, 'step_started', { eventData: { attempt: 2, worker: 'worker_b' } }));
    apply(projection, event(9, 'step_retrying'));
    expect(step).not.toHaveProperty('offeredAt');
    refuses(projection, event(10, 'step_returned'));
    apply(projection, event(10, 'step_offered', { eventData: { failures: 1 } }));
    expect(step).toMatchObject({ status: 'offered', attempt: 2, offeredAt: 1010, failures: 1 });
    expect(step).not.toHaveProperty('retryAt');
    apply(projection, event(11, 'step_completed'));
    for (const name of ['offeredAt', 'failures']) expect(step).not.toHaveProperty(name);
    refuses(projection, event(12, 'step_offered'));
  });

  test('no step is offered before its run has started', () => {
    refuses(projectionOf('step_created'), event(3, 'step_offered'));
  });

  test('what was not created has no outcome', () => {
    const projection = projectionOf();
    for (const type of [
      'step_started',
      'step_completed',
      'wait_completed',
      'hook_received',
      'hook_disposed',
    ] as const) {
      refuses(projection, event(2, type));
    }
  });

  test('a hook that lost its token takes no payload', () => {
    const projection = projectionOf('hook_conflict');
    expect(projection.hooks.get('hook_1')).toMatchObject({ status: 'conflict', ownerRunId: 'run_2' });
    refuses(projection, event(3, 'hook_received'));
    refuses(projection, event(3, 'hook_disposed'));
  });
});

describe('what a run has besides', () => {
  test('attributes are merged into a record of their own', () => {
    const projection = projectionOf('attr_set');
    expect(projection.run.attributes).toStrictEqual({ customer: 'bob' });
    const before = projection.run.attributes;
    apply(projection, event(3, 'attr_set', { eventData: { attributes: { customer: null, plan: 'b' } } }));
    expect(projection.run.attributes).toStrictEqual({ plan: 'b' });
    expect(before).toStrictEqual({ customer: 'bob' });
  });

  test('a run knows its parent, its root and its key', () => {
    expect(projectionOf().run).toMatchObject({ parentRunId: 'run_0', rootRunId: 'run_0', key: 'order 7' });
  });

  test('an abort and a start of a child are there once per correlation id', () => {
    const projection = projectionOf('abort_requested', 'child_started');
    refuses(projection, event(4, 'abort_requested'));
    refuses(projection, event(4, 'child_started', { eventData: { childRunId: 'run_4' } }));
    apply(projection, event(4, 'abort_requested', { correlationId: 'other' }));
    apply(projection, event(5, 'child_started', { correlationId: 'other' }));
    expect([...projection.children.values()]).toEqual([
      { childRunId: 'run_3', correlationId: 'chil_1', status: 'running', createdAt: 1003 },
    ]);
  });

  test('a child ends once, started or not', () => {
    const projection = projectionOf('child_completed');
    refuses(projection, event(3, 'child_completed'));
    apply(projection, event(3, 'child_started'));
    expect(projection.children.get('run_3')).toEqual({
      childRunId: 'run_3',
      correlationId: 'chil_1',
      status: 'failed',
      createdAt: 1002,
    });
    refuses(projection, event(4, 'child_completed', { correlationId: 'other' }));
  });
});

test('a run waits for an offered step since it was offered, whoever has it', () => {
  const projection = projectionOf('run_started', 'step_created', 'step_offered');
  const facts = { kind: 'step', correlationId: 'step_1', stepName: 'work' };
  expect(waitingFor(projection)).toEqual([{ ...facts, status: 'offered', attempt: 0, since: 1004 }]);
  apply(projection, event(5, 'step_started'));
  const running = { status: 'running', attempt: 1, since: 1005, worker: 'worker_a' };
  expect(waitingFor(projection)).toEqual([{ ...facts, ...running }]);
});

test('a batch with an illegal event changes nothing, and a legal one can be taken back', () => {
  const random = randomOf(42);
  const projection = projectionOf('run_started');
  let refused = 0;
  for (let round = 0; round < 3000; round += 1) {
    const before = structuredClone(projection);
    const batch = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index) => {
      const type = sampleTypes[Math.floor(random() * sampleTypes.length)]!;
      const correlationId = type.startsWith('run_') ? undefined : `id_${Math.floor(random() * 40)}`;
      const key = random() < 0.2 ? `key_${Math.floor(random() * 30)}` : undefined;
      return event(projection.run.version + 1 + index, type, { correlationId, key });
    });
    let takeBack: (() => void) | undefined;
    try {
      takeBack = applyAll(projection, batch);
    } catch {
      refused += 1;
      expect(projection).toStrictEqual(before);
    }
    const ended = projection.run.completedAt !== undefined;
    if (takeBack && (ended || random() < 0.5)) {
      takeBack();
      expect(projection).toStrictEqual(before);
    }
  }
  expect(refused).toBeGreaterThan(500);
  expect(projection.run.version).toBeGreaterThan(20);
});
