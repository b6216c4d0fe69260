/** What a step function is in a workflow: a call schedules it and answers with a promise of its outcome. */
import { stepOptionsText } from '../step-options.ts';
import { bornHandled, codec, functionTable, issue, nextId, pending } from './state.ts';

interface StepProxy {
  (...args: unknown[]): Promise<unknown>;
  maxRetries?: unknown;
  retry?: unknown;
  timeout?: unknown;
}

/** `closure` gives the captured variables at the time of the call; they cross by value. */
export function step(id: string, closure?: () => Record<string, unknown>): StepProxy {
  const proxy: StepProxy = function (this: unknown, ...args: unknown[]): Promise<unknown> {
    return bornHandled(schedule(id, args, proxy, closure));
  };
  Object.defineProperty(proxy, 'stepId', { value: id });
  if (closure) Object.defineProperty(proxy, 'closure', { value: closure });
  Object.defineProperty(proxy, 'name', { value: id.slice(id.lastIndexOf('/') + 1), configurable: true });
  return proxy;
}

functionTable.makeStep = step;

function schedule(
  name: string,
  args: unknown[],
  proxy: StepProxy,
  closure: (() => Record<string, unknown>) | undefined,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const input = closure ? { args, closure: closure() } : { args };
    const text = codec.stringify(input);
    const id = nextId('step');
    issue('schedule-step', id, name, { text, detail: stepOptionsText(proxy) });
    pending.set(id, {
      settle(kind, value) {
        pending.delete(id);
        if (kind === 'step_completed') resolve(value);
        else reject(value);
      },
    });
  });
}
