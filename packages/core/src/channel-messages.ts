/** The texts of errors of hooks, webhooks, streams and signals; the others are in `messages.ts`. */
import { ContextError, LimitError, type PayloadError, PerdureError, SerializationError } from './errors.ts';
import { payloadInvalid } from './payload-messages.ts';

export function hookDisposed(token: string): ContextError {
  return new ContextError(
    'HOOK_DISPOSED',
    `Hook ${JSON.stringify(token)} is disposed; no payload can arrive.`,
    'Await the hook before dispose(), or create another.',
  );
}

export function hookTokenInvalid(token: unknown): ContextError {
  return new ContextError(
    'HOOK_TOKEN_INVALID',
    `Expected a hook token of 1 to 512 characters, got ${typeof token === 'string' ? `${token.length} characters` : typeof token}.`,
    'Pass a non-empty string, or leave the token out to have one made.',
  );
}

export function hookPayloadInvalid(problems: readonly string[]): PerdureError {
  return new PerdureError(
    'HookPayloadError',
    'HOOK_PAYLOAD_INVALID',
    `Expected a payload that fits the schema of the hook: ${problems.join('; ')}.`,
    {
      hint: 'Nothing was sent; mend the payload and send it again.',
    },
  );
}

export function responseExpected(): ContextError {
  return new ContextError(
    'RESPONSE_EXPECTED',
    'Expected a Response to a request that waits for one.',
    "Make the webhook with respondWith: 'manual', and answer each of its requests with a Response.",
  );
}

export function webhookUnanswered(runId: string): PerdureError {
  return new PerdureError(
    'WebhookError',
    'WEBHOOK_UNANSWERED',
    `Run ${runId} ended before it answered a request.`,
    {
      hint: 'Call request.respondWith(response) on every path of the workflow.',
    },
  );
}

export function webhookAnswerLate(limitMs: number): PerdureError {
  return new PerdureError(
    'WebhookError',
    'WEBHOOK_ANSWER_LATE',
    `Expected an answer within ${limitMs} ms, or the caller to wait so long.`,
    { hint: 'Answer at once with respondWith: a Response, and tell the caller the outcome another way.' },
  );
}

export function bodyTooLarge(limit: number): LimitError {
  return new LimitError(
    'BODY_TOO_LARGE',
    `Expected a body of at most ${limit} bytes.`,
    'Send a reference instead.',
  );
}

export function bodyTooSlow(limitMs: number): PerdureError {
  return new PerdureError('RequestError', 'BODY_TOO_SLOW', `Expected a body within ${limitMs} ms.`);
}

export function headersTooLarge(headerBytes: number, urlBytes: number): LimitError {
  return new LimitError(
    'HEADERS_TOO_LARGE',
    `Expected headers of at most ${headerBytes} bytes and a URL of at most ${urlBytes}.`,
    'Send it in the body.',
  );
}

const refusedSignatures = {
  MISSING: 'Expected a signed request, got one without a signature.',
  INVALID: 'Expected a signature by a key of this app over this request, got another.',
  EXPIRED: 'Expected a request signed in the last five minutes.',
  REPLAYED: 'Expected a request that was not made before.',
  CROWDED: 'Expected fewer signed requests in five minutes.',
} as const;

export function signatureRefused(why: keyof typeof refusedSignatures): PerdureError {
  return new PerdureError('SignatureError', `SIGNATURE_${why}`, refusedSignatures[why], {
    hint: 'Sign each request anew with signRequest() of perdure/runtime, just before it is sent.',
  });
}

export function signingKeysMissing(): PerdureError {
  return new PerdureError(
    'ConfigError',
    'SIGNING_KEYS_MISSING',
    'Expected signing keys, found none: the flow route takes signed requests only.',
    {
      hint: 'Set WORKFLOW_SIGNING_KEYS to "id:base64", 32 bytes each, or serve webhooks only: createHandler({ flow: \'off\' }).',
    },
  );
}

export function driveRequestInvalid(max: {
  readonly limit: number;
  readonly timeoutMs: number;
}): PerdureError {
  return new PerdureError(
    'RequestError',
    'DRIVE_REQUEST_INVALID',
    `Expected no body, or JSON { limit?: 1 to ${max.limit}, timeoutMs?: 1 to ${max.timeoutMs} }.`,
  );
}

export function tooManyDrives(limit: number): LimitError {
  return new LimitError(
    'DRIVES_TOO_MANY',
    `Expected at most ${limit} of these requests at once.`,
    'Ask again when one has been answered.',
  );
}

export function healthUnknown(url: string, problem: string, cause?: unknown): PerdureError {
  return new PerdureError('HealthError', 'HEALTH_UNKNOWN', `Expected the health of ${url}, got ${problem}.`, {
    hint: 'Does the app there serve the routes of this package, and does it know the key that signs?',
    ...(cause === undefined ? {} : { cause }),
  });
}

export function streamsAreForSteps(use: string): ContextError {
  return new ContextError(
    'STREAMS_ARE_FOR_STEPS',
    `${use} was used in a workflow.`,
    'Pass the stream to a function with "use step" and read or write it there.',
  );
}

export function streamInUse(kind: 'ReadableStream' | 'WritableStream'): SerializationError {
  return new SerializationError(`Cannot store a ${kind} that somebody uses.`, '', {
    hint: 'Release its lock first, or pass one branch of tee().',
  });
}

export function processStops(): PerdureError {
  return new PerdureError('StreamError', 'STREAM_BROKEN_OFF', 'The process that wrote the stream stopped.', {
    hint: 'What it brought is there; give the run the rest by another stream or a hook.',
  });
}

export function streamNameInvalid(got: unknown): ContextError {
  return new ContextError(
    'STREAM_NAME_INVALID',
    `Expected a stream name of 1 to 512 characters, got ${typeof got === 'string' ? `${got.length} characters` : typeof got}.`,
    'Leave `namespace` out for the default stream of the run.',
  );
}

export function streamIndexInvalid(got: unknown): ContextError {
  return new ContextError(
    'STREAM_INDEX_INVALID',
    `Expected startIndex to be a whole number, got ${String(got)}.`,
    'Negative numbers count from the end; leave it out for the beginning.',
  );
}

export function streamRecordInvalid(): PayloadError {
  return payloadInvalid('a stream handle without its run or name');
}

export function signalNotConstructible(): ContextError {
  return new ContextError(
    'SIGNAL_NOT_CONSTRUCTIBLE',
    'An AbortSignal cannot be constructed.',
    'Make an AbortController and use its signal, or AbortSignal.timeout() or any().',
  );
}

export function signalRecordInvalid(): PayloadError {
  return payloadInvalid('an abort signal without its id');
}
