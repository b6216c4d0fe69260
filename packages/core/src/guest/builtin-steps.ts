/** Steps that the engine brings itself: what a workflow cannot do deterministically and a user need not write. */
import { step } from './step-proxy.ts';

const proxies = new Map<string, (...args: unknown[]) => Promise<unknown>>();

/** Runs a step of the engine; `name` is one of those in `builtin-steps.ts` of the host. */
export function runBuiltin<T>(name: string, ...args: unknown[]): Promise<T> {
  let proxy = proxies.get(name);
  if (!proxy) {
    proxy = step(`step//perdure//${name}`);
    proxies.set(name, proxy);
  }
  return proxy(...args) as Promise<T>;
}
