/** The errors of a World: one class, told apart by `code`; every text is made here. */

import type { Event } from './event.ts';

export type WorldErrorCode =
  | 'RUN_NOT_FOUND'
  | 'RUN_ENDED'
  | 'RUN_EXISTS'
  | 'KEY_TAKEN'
  | 'HOOK_NOT_FOUND'
  | 'WAIT_NOT_FOUND'
  | 'TAIL_MOVED'
  | 'STREAM_CLOSED'
  | 'HISTORY_INVALID'
  | 'INPUT_INVALID'
  | 'WORLD_CLOSED'
  | 'DATA_UNREADABLE'
  | 'DATA_NEWER'
  | 'DATA_DAMAGED'
  | 'DRIVER_BUSY'
  | 'STORE_UNCONFIGURED'
  | 'STORE_UNREACHABLE'
  | 'STORE_REFUSED'
  | 'STORE_FAILED'
  | 'SCHEMA_OLD';

export interface WorldErrorOptions {
  readonly hint?: string;
  readonly cause?: unknown;
  readonly ownerRunId?: string;
}

/**
 * A request that a World refused, or data that it could not read.
 *
 * `code` is stable; `message` says what was expected, what came and where; `hint` says how to mend it.
 */
export class WorldError extends Error {
  readonly code: WorldErrorCode;
  readonly hint: string;
  /** With KEY_TAKEN: the live run that has the key. */
  readonly ownerRunId?: string;

  constructor(code: WorldErrorCode, message: string, options: WorldErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WorldError';
    this.code = code;
    this.hint = options.hint ?? '';
    if (options.ownerRunId !== undefined) this.ownerRunId = options.ownerRunId;
  }

  /** Told by name, so that it holds across realms and duplicate installations. */
  static is(value: unknown): value is WorldError {
    return (value as { name?: unknown } | null | undefined)?.name === 'WorldError';
  }
}

export function runNotFound(runId: string): WorldError {
  return new WorldError('RUN_NOT_FOUND', `Expected a run with id ${JSON.stringify(runId)}, found none.`, {
    hint: 'Check the id, and that this process uses the same world and data as the one that started the run.',
  });
}

export function runEnded(runId: string, status: string): WorldError {
  return new WorldError('RUN_ENDED', `Expected run ${runId} to be live, but it is ${status}.`, {
    hint: 'An ended run takes no more events; start a new one.',
  });
}

export function runExists(runId: string): WorldError {
  return new WorldError(
    'RUN_EXISTS',
    `Expected run id ${runId} to be new, but another run with other content has it.`,
    {
      hint: 'Run ids are unique; leave the id out to have one made.',
    },
  );
}

export function keyTaken(key: string, ownerRunId: string): WorldError {
  const shown = JSON.stringify(key.slice(0, 80));
  return new WorldError(
    'KEY_TAKEN',
    `Expected no live run with key ${shown}, but run ${ownerRunId} has it.`,
    {
      hint: 'Wait for that run to end, join it (onConflict: join), or take its place (onConflict: replace).',
      ownerRunId,
    },
  );
}

export function hookNotFound(what: string): WorldError {
  return new WorldError('HOOK_NOT_FOUND', `Expected a live hook for ${what}, found none.`, {
    hint: 'The hook was never created, was disposed, or its run has ended.',
  });
}

export function waitNotFound(what: string): WorldError {
  return new WorldError('WAIT_NOT_FOUND', `Expected a wait that waits for ${what}, found none.`, {
    hint: 'The wait was never started, is over by now, or its run has ended.',
  });
}

export function tailMoved(runId: string, expected: number, got: number): WorldError {
  return new WorldError(
    'TAIL_MOVED',
    `Expected run ${runId} to be at version ${expected}, but it is at ${got}.`,
    { hint: 'It went on in the meantime, and nothing was written: look at what is new and try again.' },
  );
}

export function streamClosed(runId: string, name: string): WorldError {
  const shown = JSON.stringify(name.slice(0, 80));
  return new WorldError(
    'STREAM_CLOSED',
    `Expected stream ${shown} of run ${runId} to be open, but it is closed.`,
    {
      hint: 'Nothing follows the end of a stream; write to one with another name.',
    },
  );
}

export function historyInvalid(runId: string, problem: string): WorldError {
  return new WorldError('HISTORY_INVALID', `The history of run ${runId} refuses an event: ${problem}.`, {
    hint: 'This is a defect of the caller, not of the run; nothing was written.',
  });
}

export function stepOffered(runId: string, event: Event): WorldError {
  const { eventType, version, correlationId } = event;
  return historyInvalid(runId, `${eventType} at version ${version}: ${correlationId} is offered`);
}

export function inputInvalid(what: string, problem: string): WorldError {
  return new WorldError('INPUT_INVALID', `Expected a valid ${what}: ${problem}.`);
}

export function programHashInvalid(hash: unknown): WorldError {
  return inputInvalid('program hash', `expected 1 to 128 lowercase hex digits, got ${JSON.stringify(hash)}`);
}

export function worldClosed(world: string): WorldError {
  return new WorldError('WORLD_CLOSED', `The ${world} world is closed.`, {
    hint: 'Make a new world; a closed one takes no more calls.',
  });
}

export function dataUnreadable(path: string, cause: unknown): WorldError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new WorldError('DATA_UNREADABLE', `Expected to read and write ${path}, got: ${problem}.`, {
    hint: 'Check that the path is a directory this user may write to, and that the disk is neither full nor failing.',
    cause,
  });
}

export function dataNewer(path: string, expected: number, got: unknown): WorldError {
  return new WorldError(
    'DATA_NEWER',
    `Expected data of format ${expected} or older in ${path}, got ${JSON.stringify(got)}.`,
    { hint: 'A newer release wrote it; use that release, or another data directory. Nothing was changed.' },
  );
}

export function dataDamaged(file: string, line: number, problem: string): WorldError {
  return new WorldError('DATA_DAMAGED', `Expected an intact record at ${file}:${line}, got: ${problem}.`, {
    hint: 'The run is paused and its file left as it is; restore it from a backup, or move the file away.',
  });
}

export function driverBusy(path: string, what: string): WorldError {
  return new WorldError(
    'DRIVER_BUSY',
    `Expected the process that drives ${path} to take part in ${what}, but it did not.`,
    { hint: 'Another process holds the data directory. Try again (calls are idempotent), or stop it first.' },
  );
}
