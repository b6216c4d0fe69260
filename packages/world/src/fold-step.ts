/** What the events of a step mean, and which of them may follow. */
import type { WorldError } from './errors.ts';
import type { Event, EventOf } from './event.ts';
import type { Projection, StepProjection } from './projection.ts';

export type Refuse = (problem: string) => WorldError;
type StepEvent = Extract<Event, { eventType: `step_${string}` }>;

export function applyStep(projection: Projection, event: StepEvent, refuse: Refuse): void {
  const id = event.correlationId;
  if (id === undefined) throw refuse('it has no correlation id');
  const step = projection.steps.get(id);
  if (event.eventType === 'step_created') {
    if (step) throw refuse(`${id} was created before`);
    projection.steps.set(id, {
      correlationId: id,
      stepName: event.eventData.stepName,
      status: 'pending',
      attempt: 0,
      createdAt: event.createdAt,
    });
    return;
  }
  if (!step) throw refuse(`${id} was not created`);
  if (step.status === 'completed' || step.status === 'failed') throw refuse(`${id} is ${step.status}`);
  switch (event.eventType) {
    case 'step_offered':
      if (projection.run.startedAt === undefined) throw refuse('the run has not started');
      offerStep(step, event, refuse);
      return;
    case 'step_started':
      startStep(step, event, refuse);
      return;
    case 'step_retrying':
      if (step.status !== 'running') throw refuse(`${id} has no attempt that runs`);
      withdraw(step, 'retrying');
      step.retryAt = event.eventData.retryAt;
      return;
    case 'step_returned':
      if (step.status !== 'running' || step.offeredAt === undefined)
        throw refuse(`${id} has no attempt of an offer that runs`);
      withdraw(step, 'pending');
      return;
    default:
      withdraw(step, event.eventType === 'step_completed' ? 'completed' : 'failed');
      step.completedAt = event.createdAt;
      delete step.retryAt;
  }
}

function offerStep(step: StepProjection, event: EventOf<'step_offered'>, refuse: Refuse): void {
  const { failures } = event.eventData;
  if (step.status !== 'pending' && step.status !== 'retrying')
    throw refuse(`${step.correlationId} is ${step.status}`);
  if (failures > step.attempt) throw refuse(`${failures} failures in ${step.attempt} attempts`);
  step.status = 'offered';
  step.offeredAt = event.createdAt;
  step.failures = failures;
  delete step.retryAt;
}

function withdraw(step: StepProjection, status: StepProjection['status']): void {
  step.status = status;
  delete step.offeredAt;
  delete step.failures;
}

function startStep(step: StepProjection, event: EventOf<'step_started'>, refuse: Refuse): void {
  if (event.eventData.attempt !== step.attempt + 1) {
    throw refuse(`expected attempt ${step.attempt + 1}, got ${event.eventData.attempt}`);
  }
  step.status = 'running';
  step.attempt = event.eventData.attempt;
  step.worker = event.eventData.worker;
  step.startedAt ??= event.createdAt;
  delete step.retryAt;
}
