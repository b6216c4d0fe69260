/** Steps that the engine brings itself; workflow code reaches them through `guest/builtin-steps.ts`. */
import { fetchAborted } from './messages.ts';
import { joinedBytes } from './payload/joined-bytes.ts';
import { payloadBytesMax } from './payload/limits.ts';
import { payloadTooLarge } from './payload-messages.ts';
import type { StepEntry, StepFunction } from './registry.ts';
import type { StartOptions } from './start-options.ts';
import { currentStep, type StepContext } from './step-context.ts';
import type { StreamPlace } from './stream-place.ts';

function context(): StepContext {
  return currentStep()!;
}

const functions: Record<string, (...args: never[]) => unknown> = {
  async startRun(workflowId: string, args: unknown[], options: Omit<StartOptions, 'world'>): Promise<string> {
    const { runId } = await context().client.start({ workflowId }, args, options);
    return runId;
  },
  hasRun: async (runId: string) => (await context().client.find(runId)) !== undefined,
  async readRun(runId: string): Promise<unknown> {
    const { status, workflowName, attributes, ...times } = await context().client.projection(runId);
    const date = (time: number | undefined) => (time === undefined ? undefined : new Date(time));
    return {
      status,
      workflowName,
      attributes,
      createdAt: date(times.createdAt),
      startedAt: date(times.startedAt),
      completedAt: date(times.completedAt),
    };
  },
  wakeRun: (runId: string, ids: string[] | undefined) => context().client.wakeUp(runId, ids),
  readStream: wholeOf,
  cancelRun: (runId: string, reason: string | undefined) => context().client.cancel(runId, reason),
  resumeHook: (token: string, payload: unknown, options: { id?: string }) =>
    // Another attempt sends the same payload: the step's id makes it one.
    context().client.resumeHook(token, payload, { id: options.id ?? context().stepId }),
  respondToWebhook: (place: StreamPlace, response: Response) => context().client.respond(place, response),
  getHookByToken: (token: string) => context().client.hookByToken(token),
};

/** The bytes of a stream, to its end. Throws `LimitError` PAYLOAD_TOO_LARGE. */
async function wholeOf(stream: ReadableStream<unknown>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const part = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
    length += part.byteLength;
    if (length > payloadBytesMax()) throw payloadTooLarge(payloadBytesMax());
    parts.push(part);
  }
  return joinedBytes(parts, length);
}

/** A network is no store: it is tried as often as any step. */
const fetchStep = Object.assign(
  async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { signal } = context();
    try {
      return await fetch(input, {
        ...init,
        signal: init.signal ? AbortSignal.any([signal, init.signal]) : signal,
      });
    } catch (error) {
      // What the workflow aborted is aborted for the next attempt, too.
      if (init.signal?.aborted) throw fetchAborted(error);
      throw error;
    }
  },
  { retry: { maxAttempts: 4 } },
) as unknown as StepFunction;

/** Trouble with the store is no failure of the workflow: these are tried for as long as it takes. */
const patience = { maxAttempts: 1_000_000, delay: 100, maxDelay: '30s', retryIf: isTrouble } as const;

/** What the caller did wrong will be wrong next time; anything else may pass. */
function isTrouble(error: unknown): boolean {
  const { name, code } = error as { name?: unknown; code?: unknown };
  if (name === 'WorldError')
    return code !== 'KEY_TAKEN' && code !== 'RUN_NOT_FOUND' && code !== 'INPUT_INVALID';
  return typeof code !== 'string' || /^E[A-Z]+$/.test(code);
}

const patientSteps = Object.entries(functions).map(
  ([name, fn]) => [name, Object.assign(fn, { retry: patience }) as unknown as StepFunction] as const,
);

/** Whether a step is a call of the engine that a workflow made: it rejects with what the call throws, as on the host. */
export function isEngineCall(stepName: string): boolean {
  return stepName !== 'step//perdure//fetch' && builtinSteps.has(stepName);
}

export const builtinSteps: ReadonlyMap<string, StepEntry> = new Map(
  [...patientSteps, ['fetch', fetchStep] as const].map(([name, fn]) => {
    const id = `step//perdure//${name}`;
    return [id, { id, fn }];
  }),
);
