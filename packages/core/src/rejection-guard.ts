/**
 * Rejections inside a sandbox surface as `unhandledRejection` of the host process, where the default is to end
 * it. A rejection that a workflow does not await yet is no accident of the host: it is ignored. Any other keeps
 * its usual course.
 */
const guestPromises = new WeakSet<object>();
let guards = 0;

/** Marks the promises of a realm, by its `Promise.prototype`. */
export function ignoreRejectionsOf(promisePrototype: object): void {
  guestPromises.add(promisePrototype);
}

function isGuest(promise: object): boolean {
  for (let proto = Object.getPrototypeOf(promise); proto; proto = Object.getPrototypeOf(proto)) {
    if (guestPromises.has(proto)) return true;
  }
  return false;
}

function onUnhandled(reason: unknown, promise: Promise<unknown>): void {
  if (isGuest(promise)) return;
  // Our listener switched the default off; without another listener, what is not ours gets it back.
  if (process.listenerCount('unhandledRejection') > 1) return;
  throw reason instanceof Error
    ? reason
    : new Error(`Unhandled rejection: ${String(reason)}`, { cause: reason });
}

/** Keeps guest rejections from the process until the returned function is called. */
export function guardRejections(): () => void {
  guards += 1;
  if (guards === 1) process.on('unhandledRejection', onUnhandled);
  let active = true;
  return () => {
    if (!active) return;
    active = false;
    guards -= 1;
    if (guards === 0) process.off('unhandledRejection', onUnhandled);
  };
}
