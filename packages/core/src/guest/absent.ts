/** What a workflow does not have: gone, or there to say what to do instead. */
import { absentInWorkflow } from '../messages.ts';
import { define } from './lazy.ts';

declare const __perdure_env: string;

const useSleep = 'Use sleep() of perdure: it is durable and replays.';

const instead: Readonly<Record<string, string>> = {
  setTimeout: useSleep,
  setInterval: useSleep,
  setImmediate: useSleep,
  fetch: 'Import fetch of perdure: there it is a step. Or call it in a function with "use step".',
  require: 'Import what the workflow needs, or use it in a step.',
};

const gone = [
  'WeakRef',
  'FinalizationRegistry',
  'SharedArrayBuffer',
  'Atomics',
  'WebAssembly',
  // Its Now reads the clock of the machine, and its time zones differ between versions.
  'Temporal',
] as const;

export function installAbsent(): void {
  for (const [name, hint] of Object.entries(instead)) {
    define(name, () => {
      throw absentInWorkflow(name, hint);
    });
  }
  // There is no timer that they could end.
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) define(name, () => undefined);
  for (const name of gone) delete (globalThis as Record<string, unknown>)[name];
  define('process', Object.freeze({ env: Object.freeze(JSON.parse(__perdure_env)) }));
}
