/** The texts of errors about what is stored: values that cannot be, and payloads that cannot be read. */
import { LimitError, PayloadError, PerdureError, SerializationError } from './errors.ts';

export function notSerializable(what: string, path: string, cause?: unknown): SerializationError {
  return new SerializationError(`Cannot store ${what} at ${path || 'the top'}.`, path, {
    hint: 'Pass data: functions, symbols, promises, weak collections and instances of unknown classes do not cross.',
    ...(cause === undefined ? {} : { cause }),
  });
}

export function circleNotSerializable(what: string, path: string): SerializationError {
  return new SerializationError(
    `Cannot store a circle through ${what}, closed at ${path || 'the top'}.`,
    path,
    {
      hint: 'It is made of its data when it is read, and cannot be a part of them: store an id instead of the reference.',
    },
  );
}

export function bodyNotSerializable(what: string): SerializationError {
  return new SerializationError(`Cannot store ${what}.`, '', {
    hint: 'Read it in the step and return the text, the data or the bytes.',
  });
}

export function payloadTooLarge(bytesMax: number): LimitError {
  return new LimitError(
    'PAYLOAD_TOO_LARGE',
    `Expected at most ${bytesMax} bytes in one payload, got more.`,
    'Store large data elsewhere and pass its place, or pass it in parts.',
  );
}

export function payloadInvalid(problem: string, cause?: unknown): PayloadError {
  return new PayloadError(`Stored data cannot be read: ${problem}.`, {
    hint: 'The run waits and goes on when the data can be read again.',
    ...(cause === undefined ? {} : { cause }),
  });
}

export function payloadUnreadable(what: string, problem: string): PayloadError {
  return new PayloadError(`${what}: ${problem}`, {
    hint: 'The run waits and goes on when the data can be read again.',
  });
}

export function isTooLarge(error: unknown): boolean {
  return LimitError.is(error) && error.code === 'PAYLOAD_TOO_LARGE';
}

export function payloadUnsealed(place: string): PayloadError {
  return new PayloadError(`Stored data at ${place} is not sealed, in a run whose input is.`, {
    hint: 'Either it was replaced in the store, or a process without WORKFLOW_ENCRYPTION_KEYS wrote it.',
  });
}

export function keyMissing(keyId: string): PayloadError {
  return new PayloadError(
    `Stored data is sealed with key ${JSON.stringify(keyId)}, which this process does not have.`,
    {
      hint: 'Add the key to WORKFLOW_ENCRYPTION_KEYS (or the `encryption` option); the run goes on by itself then.',
    },
  );
}

export function keyRingInvalid(problem: string): PerdureError {
  return new PerdureError('ConfigError', 'KEYS_INVALID', `Expected keys as id:base64 pairs: ${problem}.`, {
    hint: 'WORKFLOW_ENCRYPTION_KEYS and WORKFLOW_SIGNING_KEYS are "id:base64", 32 bytes each, several with commas; the first one seals or signs.',
  });
}
