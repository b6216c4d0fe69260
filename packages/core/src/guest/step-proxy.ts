/** What a step function is in a workflow: a call schedules it and answers with a promise of its outcome. */
import { stepOptionsText } from '../step-options.ts';
import { bornHandled, codec, functionTable, issue, nextId, pending } from './state.ts';

interface StepProxy {
  (...args: unknown[]): Promise<unknown>;
  maxRetries?: unknown;
  retry?: unknown;
  timeout?: unknown;
  offer?: unknown;
}

/** Methods of instances capture what they are called on. */
type Closure = (...self: [unknown?]) => Record<string, unknown>;

/** `closure` gives the captured variables at the time of the call; they cross by value. */
export function step(id: string, closure?: Closure): StepProxy {
  return stepProxy(id, closure, []);
}

/** `bound` are arguments that come before those of a call. */
function stepProxy(id: string, closure: Closure | undefined, bound: readonly unknown[]): StepProxy {
  const proxy: StepProxy = function (this: unknown, ...args: unknown[]): Promise<unknown> {
    const captured = closure?.(...selfOf(this));
    return bornHandled(schedule(id, [...bound, ...args], proxy, captured));
  };
  const own = { stepId: id, ...(closure ? { closure } : {}), ...(bound.length > 0 ? { bound } : {}) };
  for (const [key, value] of Object.entries(own)) Object.defineProperty(proxy, key, { value });
  Object.defineProperty(proxy, 'name', { value: id.slice(id.lastIndexOf('/') + 1), configurable: true });
  // What is bound is still a step, which can be passed to one.
  const bind = (self: unknown, ...more: unknown[]): StepProxy => {
    const captured = closure && (() => closure(...selfOf(self)));
    return Object.assign(stepProxy(id, captured, [...bound, ...more]), proxy);
  };
  Object.defineProperty(proxy, 'bind', { value: bind });
  return proxy;
}

functionTable.makeStep = stepProxy;

/** Where a function is called on nothing, a method means the instance that it was taken from. */
function selfOf(self: unknown): [unknown?] {
  return self === undefined || self === null ? [] : [self];
}

function schedule(
  name: string,
  args: unknown[],
  proxy: StepProxy,
  closure: Record<string, unknown> | undefined,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const input = closure ? { args, closure } : { args };
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
