/**
 * The globals of a workflow: deterministic, or absent with an error that names the fix.
 *
 * Importing this module changes the realm; it is evaluated before any workflow code.
 */
import { installAbsent } from './absent.ts';
import { workflowDate, workflowIntl, workflowPerformance } from './clock.ts';
import { workflowConsole } from './console.ts';
import { define, defineLazily } from './lazy.ts';
import { guestMark } from './mark.ts';
import { nextNumber } from './random.ts';
import { failRun } from './run-end.ts';
import { storedTypes } from './state.ts';
import { atobOf, btoaOf } from './web/base64-text.ts';
import { structuredCloneOf } from './web/clone.ts';
import { domExceptionClass } from './web/dom-exception.ts';
import { type WebGlobal, webGlobal, webType } from './web/index.ts';

const web = (name: WebGlobal) => (): unknown => webGlobal(name);

const lazily: Readonly<Record<string, () => unknown>> = {
  console: workflowConsole,
  Date: workflowDate,
  Intl: workflowIntl,
  performance: workflowPerformance,
  crypto: web('crypto'),
  Blob: web('Blob'),
  CustomEvent: web('CustomEvent'),
  DOMException: domExceptionClass,
  Event: web('Event'),
  EventTarget: web('EventTarget'),
  File: web('File'),
  FormData: web('FormData'),
  Headers: web('Headers'),
  Request: web('Request'),
  Response: web('Response'),
  TextDecoder: web('TextDecoder'),
  TextEncoder: web('TextEncoder'),
  TransformStream: web('TransformStream'),
  URL: web('URL'),
  URLSearchParams: web('URLSearchParams'),
};

/** What throws in a microtask has nobody to catch it: the run fails, as a process would. */
function queueWorkflowMicrotask(callback: () => unknown): void {
  if (typeof callback !== 'function') throw new TypeError('Expected a function for queueMicrotask().');
  void Promise.resolve()
    .then(() => void callback())
    .catch(failRun);
}

Object.defineProperty(Promise.prototype, guestMark, { value: true });
// Frames of the host that entered the sandbox count towards the limit; they are dropped later, the user's must stay.
(Error as unknown as { stackTraceLimit: number }).stackTraceLimit = 64;
installAbsent();
Object.defineProperty(Math, 'random', { value: nextNumber, writable: true, configurable: true });
for (const name of Object.keys(lazily)) defineLazily(name, lazily[name]!);
for (const name of ['Headers', 'Response', 'Request'] as const) {
  storedTypes[name] = {
    reduce: (value, tag) => (tag === name ? webType(name).reduce(value, tag) : undefined),
    revive: (data) => webType(name).revive(data),
  };
}
define('btoa', btoaOf);
define('atob', atobOf);
define('structuredClone', structuredCloneOf);
define('queueMicrotask', queueWorkflowMicrotask);
