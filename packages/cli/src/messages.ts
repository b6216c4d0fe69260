/** Every text of the command line, errors with a stable code: expected what, got what, where, and how to mend it. */
import type { ProgramMove } from '@perdure/core';
import type { Divergence, SourcePlace } from '@perdure/core/errors';
import type { PauseReason } from '@perdure/world';

/** A wrong use of the command line; shown as one line, without a stack. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}

export interface ShownRun {
  readonly runId: string;
  readonly worldName: string;
  /** The flags that lead to the world of the run, with a space before each. */
  readonly worldFlags: string;
}

const quoted = (text: string): string => JSON.stringify(text);
const listed = (names: readonly string[]): string => (names.length > 0 ? names.join(', ') : 'none');

export function commandMissing(): CliError {
  return new CliError('COMMAND_MISSING', 'Expected a command, got none.', 'See `perdure --help`.');
}

export function commandUnknown(got: string, known: readonly string[]): CliError {
  return new CliError(
    'COMMAND_UNKNOWN',
    `Expected one of ${listed(known)}, got ${quoted(got)}.`,
    'See `perdure --help`.',
  );
}

export function flagUnknown(command: string, got: string, known: readonly string[]): CliError {
  const flags = known.map((name) => `--${name}`);
  return new CliError(
    'FLAG_UNKNOWN',
    `Expected a flag of \`perdure ${command}\` (${listed(flags)}), got ${quoted(got)}.`,
    `See \`perdure ${command} --help\`.`,
  );
}

export function flagValueMissing(command: string, flag: string): CliError {
  return new CliError(
    'FLAG_VALUE_MISSING',
    `Expected a value after ${flag}, got none.`,
    `See \`perdure ${command} --help\`; a value that begins with a dash is written ${flag}=VALUE.`,
  );
}

export function flagValueUnused(command: string, flag: string, got: string): CliError {
  return new CliError(
    'FLAG_VALUE_UNUSED',
    `Expected ${flag} without a value, got ${quoted(got)}.`,
    `See \`perdure ${command} --help\`.`,
  );
}

export function flagInvalid(flag: string, expected: string, got: string): CliError {
  return new CliError(
    'FLAG_INVALID',
    `Expected ${flag} to be ${expected}, got ${quoted(got)}.`,
    'Mend the value.',
  );
}

export function flagMissing(command: string, flag: string, got: string): CliError {
  return new CliError(
    'FLAG_MISSING',
    `Expected ${flag} after \`perdure ${command}\`, got ${got}.`,
    `See \`perdure ${command} --help\`.`,
  );
}

export function flagsConflict(one: string, other: string): CliError {
  return new CliError('FLAGS_CONFLICT', `Expected ${one} or ${other}, got both.`, 'Leave one of them out.');
}

export function positionalMissing(command: string, name: string): CliError {
  return new CliError(
    'ARGUMENT_MISSING',
    `Expected ${name} after \`perdure ${command}\`, got nothing.`,
    `See \`perdure ${command} --help\`.`,
  );
}

export function positionalUnused(command: string, got: string): CliError {
  return new CliError(
    'ARGUMENT_UNUSED',
    `Expected nothing more after \`perdure ${command} ...\`, got ${quoted(got)}.`,
    'Quote an argument that holds spaces.',
  );
}

export function argsInvalid(got: string, problem: string): CliError {
  return new CliError(
    'ARGS_INVALID',
    `Expected --args to be a JSON array, got ${quoted(got)}: ${problem}.`,
    `Write the arguments of the workflow as in --args '[1, "two"]'.`,
  );
}

export function dataDirUnused(world: string): CliError {
  return new CliError(
    'DATA_DIR_UNUSED',
    `Expected --data-dir with the local world, got it with ${quoted(world)}.`,
    'Leave it out, or add --world local.',
  );
}

export function fileMissing(file: string): CliError {
  return new CliError(
    'FILE_MISSING',
    `Expected a file at ${file}, found none.`,
    'Check the path before the #.',
  );
}

export function directoryMissing(directory: string): CliError {
  return new CliError(
    'DIRECTORY_MISSING',
    `Expected a directory at ${directory}, found none.`,
    'Name the directory of an app, or none for the one you are in.',
  );
}

export function fileFailed(file: string, cause: unknown): CliError {
  const problem = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const stack = cause instanceof Error ? String(cause.stack) : '';
  const place = stack
    .slice(stack.indexOf('\n'))
    .split(`${file}:`)[1]
    ?.match(/^\d+:\d+/)?.[0];
  return new CliError(
    'FILE_FAILED',
    `Expected ${file} to load, got ${problem}${place ? ` at ${file}:${place}` : ''}.`,
    'Nothing was started; mend the file or what it imports.',
    cause,
  );
}

export function workflowUnknown(file: string, name: string, known: readonly string[]): CliError {
  return new CliError(
    'WORKFLOW_UNKNOWN',
    `Expected a workflow named ${quoted(name)} in ${file}, found ${listed(known)}.`,
    'A workflow is an exported async function with "use workflow" as its first statement.',
  );
}

export function workflowAmbiguous(file: string, known: readonly string[]): CliError {
  return known.length === 0
    ? new CliError(
        'WORKFLOW_MISSING',
        `Expected a workflow in ${file}, found none.`,
        'A workflow is an exported async function with "use workflow" as its first statement.',
      )
    : new CliError(
        'WORKFLOW_AMBIGUOUS',
        `Expected one workflow in ${file}, found ${listed(known)}.`,
        `Add the name of one: ${file}#${known[0]}.`,
      );
}

/** A problem with a code on one line. */
export function problemLine(problem: { code: string; message: string; hint: string }): string {
  return `perdure: [${problem.code}] ${problem.message}${problem.hint ? ` ${problem.hint}` : ''}`;
}

export function unexpected(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `perdure: [UNEXPECTED] Expected no such error, which is a defect of perdure or of a world. Please report it.\n${text}`;
}

export function engineProblem(problem: string, error: unknown): string {
  return `perdure: ${problem}: ${error instanceof Error ? error.message : String(error)}`;
}

export function runStarted(runId: string, workflowName: string): string {
  return `Run ${runId} of ${workflowName}`;
}

export function runCompleted(runId: string, duration: string): string {
  return `Run ${runId} completed in ${duration}. It returned:`;
}

export function runFailed(runId: string, duration: string): string {
  return `Run ${runId} failed after ${duration}:`;
}

export function runCancelled(runId: string, reason: string | undefined): string {
  return `Run ${runId} was cancelled${reason ? `: ${reason}` : '.'}`;
}

/** How to look at a run later: a command, or that there is no later. */
function later(run: ShownRun): string {
  return run.worldName === 'memory'
    ? 'It ends here: the memory world is gone with this process.'
    : `See \`perdure inspect run ${run.runId}${run.worldFlags}\`.`;
}

export function runPaused(run: ShownRun, reason: PauseReason): string {
  return [
    `Run ${run.runId} is paused: [${reason.code}] ${reason.message}`,
    ...(reason.hint ? [`  ${reason.hint}`] : []),
    `  ${later(run)}`,
  ].join('\n');
}

export function draining(runId: string): string {
  return `Interrupted. Run ${runId} is given back when its steps in flight are done, within 5 seconds; again to stop at once.`;
}

export function leftRunning(run: ShownRun): string {
  return `Run ${run.runId} is not over; it goes on when a worker of its world starts. ${later(run)}`;
}

export function moreRuns(limit: number): string {
  return `There are more than these ${limit}; see more with --limit.`;
}

export const noRuns = 'No runs.';
export const nothingFound = 'No workflows and no steps.';

export function checkSummary(workflows: number, steps: number, problems: number): string {
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
  return `${count(workflows, 'workflow')}, ${count(steps, 'step')}, ${count(problems, 'problem')}.`;
}

export function workflowsMissing(directory: string): CliError {
  return new CliError(
    'WORKFLOW_MISSING',
    `Expected workflows below ${directory}, found none.`,
    'Name the directory of the app with --root, or a stored program with --program.',
  );
}

const shortHash = (hash: string): string => hash.slice(0, 12);

export function moveText({ runId, version, from, to, outcome }: ProgramMove): string {
  if (outcome === 'already there') return `Run ${runId} is on program ${shortHash(to)} already.`;
  const fits = `Its ${version} events replay on program ${shortHash(to)} as they were recorded on ${shortHash(from)}.`;
  return outcome === 'checked'
    ? `Run ${runId} can be moved. ${fits}`
    : `Run ${runId} is moved. ${fits} It goes on with the new code.`;
}

/** Expected, actual, both places and the likely cause, a line each. */
export function divergenceText(error: Divergence & { readonly code: string }): string {
  const { runId, version, expected, actual, expectedPlace, actualPlace, likelyCause } = error;
  return [
    `perdure: [${error.code}] Run ${runId} does not fit: it diverges at version ${version}. Nothing was changed.`,
    `  recorded     ${expected}`,
    ...placeLines(expectedPlace),
    `  new program  ${actual}`,
    ...placeLines(actualPlace),
    ...(likelyCause ? [`  likely       ${likelyCause}`] : []),
    'The run stays on its program. To change what is yet to come only, keep the order of what was asked for so far.',
  ].join('\n');
}

function placeLines(place: SourcePlace | undefined): string[] {
  return place
    ? [`               ${place.file}:${place.line}:${place.column}`, `               ${place.text}`]
    : [];
}

export function whyEnded(runId: string, status: string, at: string): string {
  return `Run ${runId} is over: ${status} at ${at}.`;
}

export function whyPaused({ code, message, hint }: PauseReason): string[] {
  return [`It waits for a repair: [${code}] ${message}`, ...(hint ? [`  ${hint}`] : [])];
}

export const waitsForNothing: readonly string[] = [
  'It waits for nothing: no step, sleep, hook or child run is open, and no event can move it.',
  '  Its code awaits a promise that nobody settles, or an abort that nobody requests. Cancel it, or move it to mended code with `perdure upgrade`.',
];
