/**
 * Rejections inside a sandbox surface as `unhandledRejection` of the host process, whose default is to end it, and
 * which monitors report. A rejection that a workflow does not await yet is no accident of the host: it goes to
 * nobody. Any other keeps its usual course, the default included.
 *
 * Node has no way to take a rejection from all listeners but the emission itself, so that is what is wrapped.
 */
import { guestMark } from './guest/mark.ts';

let guards = 0;
let installed = false;

function isGuest(promise: unknown): boolean {
  return typeof promise === 'object' && promise !== null && guestMark in promise;
}

type Emit = (this: NodeJS.Process, name: string | symbol, ...values: unknown[]) => boolean;

/** Stays in place once installed, since others may have wrapped it; without guards it passes everything on. */
function install(): void {
  if (installed) return;
  installed = true;
  const emit = process.emit as Emit;
  const guarded: Emit = function (name, ...values) {
    const rejection = name === 'unhandledRejection' || name === 'rejectionHandled';
    const promise = name === 'unhandledRejection' ? values[1] : values[0];
    if (rejection && guards > 0 && isGuest(promise)) return true;
    return emit.call(this, name, ...values);
  };
  process.emit = guarded as typeof process.emit;
}

/** Keeps guest rejections from the process until the returned function is called. */
export function guardRejections(): () => void {
  install();
  guards += 1;
  let active = true;
  return () => {
    if (active) guards -= 1;
    active = false;
  };
}
