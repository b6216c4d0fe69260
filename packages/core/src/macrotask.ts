/**
 * Lets timers and I/O of the process run between turns.
 *
 * A run whose steps need no I/O would go on in microtasks for ever; heartbeats, other runs' sockets and the
 * user's own timers must not wait for it.
 */
const sliceMs = 8;
let sliceStart = 0;

/** Undefined while the current slice lasts, else a promise that a macrotask resolves. */
export function breathe(): Promise<void> | undefined {
  const now = performance.now();
  if (now - sliceStart < sliceMs) return undefined;
  return new Promise((resolve) => {
    setImmediate(() => {
      sliceStart = performance.now();
      resolve();
    });
  });
}
