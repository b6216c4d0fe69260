/** The app from outside: everything goes over HTTP to a server, as a client's calls would. */
import type { Event, RunProjection } from '@perdure/world';
import { nameOf } from '@workbench/workflows/all.ts';
import { healthCheck, parseKeys, parseValue, Run, type RunAccess, stringifyValue } from 'perdure/runtime';
import type { App } from './app.ts';
import { signingKeys } from './apps.ts';
import { driverPath, lineKinds, thrownStatus } from './wire.ts';

/** Where the server is now: it may be another one after a restart. */
export type Place = () => string;

/** Calls the driver of the app; throws what it threw there. */
function caller(place: Place, access: () => RunAccess) {
  return async <T>(name: string, ...args: unknown[]): Promise<T> => {
    const response = await fetch(`${place()}${driverPath}${name}`, {
      method: 'POST',
      body: await stringifyValue(args),
    });
    const text = await response.text();
    if (response.status === thrownStatus) throw parseValue(text, access());
    if (!response.ok) throw new Error(`${name} answered ${response.status}: ${text.slice(0, 200)}`);
    return parseValue(text, access()) as T;
  };
}

/** Reads a stream by lines; leaving it ends the request. */
function readableFrom<T>(
  open: (signal: AbortSignal) => Promise<Response>,
  access: () => RunAccess,
): ReadableStream<T> {
  const left = new AbortController();
  let lines: AsyncGenerator<string> | undefined;
  return new ReadableStream<T>(
    {
      async pull(controller) {
        lines ??= linesOf(await open(left.signal));
        const { done, value } = await lines.next();
        if (done) return controller.close();
        const parsed = parseValue(value.slice(1), access());
        if (value[0] === lineKinds.error) throw parsed;
        controller.enqueue(parsed as T);
      },
      cancel: () => left.abort(),
    },
    { highWaterMark: 0 },
  );
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  if (!response.ok) throw new Error(`Reading a stream answered ${response.status}.`);
  let rest = '';
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest) throw new Error('The stream broke in the middle of a line.');
}

function accessOver(place: Place): { access: RunAccess; call: ReturnType<typeof caller> } {
  const call = caller(place, () => access);
  const access: RunAccess = {
    find: (runId) => call('find', runId),
    projection: (runId) => call<RunProjection>('projection', runId),
    result: (runId) => call('result', runId),
    cancel: (runId, reason) => call('cancel', runId, reason),
    wakeUp: (runId, ids) => call('wakeUp', runId, ids),
    readable<T>({ runId, name, startIndex = 0 }: { runId: string; name: string; startIndex?: number }) {
      const query = new URLSearchParams({ run: runId, name, from: String(startIndex) });
      const open = (signal: AbortSignal): Promise<Response> =>
        fetch(`${place()}${driverPath}read?${query}`, { signal });
      const getTailIndex = (): Promise<number> => call('tailIndex', runId, name);
      return Object.assign(
        readableFrom<T>(open, () => access),
        { getTailIndex },
      );
    },
    writable: <T>({ runId, name }: { runId: string; name: string }) =>
      new WritableStream<T>({
        write: (chunk) => call('write', runId, name, chunk),
        close: () => call('close', runId, name),
      }),
    respond: () => Promise.reject(new Error('Only a step answers a webhook.')),
  };
  return { access, call };
}

let played = 0;

export function openOverHttp(place: Place): App {
  const { access, call } = accessOver(place);
  played += 1;
  const player = `${process.pid} ${played}`;
  const history = (runId: string): Promise<Event[]> => call('history', runId);
  return {
    async start(workflow, args, options) {
      // What cannot be sent is refused here, with its place in the arguments instead of in the call.
      await stringifyValue({ args });
      return new Run(access, await call<string>('start', workflow, args, options));
    },
    getRun: (runId) => new Run(access, runId),
    resumeHook: (token, payload, options) => call('resumeHook', token, payload, options),
    getHookByToken: (token) => call('getHookByToken', token),
    onHost: (fn, args) => call('onHost', nameOf(fn), args),
    request(url, init) {
      const { pathname, search } = new URL(url, place());
      return fetch(`${place()}${pathname}${search}`, init);
    },
    health: () => healthCheck({ url: place(), keys: parseKeys(signingKeys) }),
    history,
    async until(runId, holds) {
      while (!holds(await history(runId))) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    token: (name) => `token of ${name}, ${player}`,
  };
}
