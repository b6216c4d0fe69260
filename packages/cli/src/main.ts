import manifest from '../package.json' with { type: 'json' };
import { readArguments } from './arguments.ts';
import { type Command, exitCodes } from './command.ts';
import { check } from './commands/check.ts';
import { inspectEvents } from './commands/inspect-events.ts';
import { inspectRun } from './commands/inspect-run.ts';
import { inspectRuns } from './commands/inspect-runs.ts';
import { migrate } from './commands/migrate.ts';
import { prune } from './commands/prune.ts';
import { run } from './commands/run.ts';
import { upgrade } from './commands/upgrade.ts';
import { why } from './commands/why.ts';
import type { CliContext, Session } from './context.ts';
import * as help from './help.ts';
import { commandMissing, commandUnknown } from './messages.ts';
import { Output } from './output.ts';
import { problemText } from './problem.ts';

const commands: readonly Command[] = [
  run,
  inspectRuns,
  inspectRun,
  inspectEvents,
  why,
  check,
  upgrade,
  migrate,
  prune,
];
const groups: Readonly<Record<string, string>> = { inspect: help.inspect };

/**
 * Runs one command line, without the name of the program, and gives its exit code; never throws.
 *
 * 0: done; 1: the run did not complete, or the check found something; 2: the command was refused; 130 and 143: the
 * process was asked to end while a run was not over.
 */
export async function main(argv: readonly string[], context: CliContext): Promise<number> {
  const output = new Output(context.stdout ?? process.stdout, context.stderr ?? process.stderr);
  try {
    return await dispatch(argv, { context, output, cwd: context.cwd ?? process.cwd() });
  } catch (error) {
    output.note(problemText(error));
    return exitCodes.refused;
  } finally {
    await output.close();
  }
}

async function dispatch(argv: readonly string[], session: Session): Promise<number> {
  const [first, second] = argv;
  const { output } = session;
  if (first === undefined) throw commandMissing();
  if (first === '--help' || first === '-h') return show(help.overview, output);
  if (first === '--version' || first === '-v') return show(manifest.version, output);
  const command = commands.find(({ name }) => name === first || name === `${first} ${second}`);
  if (command) {
    const input = readArguments(command, argv.slice(command.name.split(' ').length));
    return input === 'help' ? show(command.help, output) : command.run(input, session);
  }
  const group = Object.hasOwn(groups, first) ? groups[first] : undefined;
  if (group === undefined) throw commandUnknown(first, wordsAfter([]));
  if (second === '--help' || second === '-h') return show(group, output);
  throw commandUnknown([first, ...(second === undefined ? [] : [second])].join(' '), wordsAfter([first]));
}

/** The commands that begin with some words; only the first word of each where none are given. */
function wordsAfter(words: readonly string[]): string[] {
  const names = commands.map(({ name }) => (words.length === 0 ? name.split(' ')[0]! : name));
  return [...new Set(names.filter((name) => words.every((word) => name.startsWith(`${word} `))))];
}

function show(text: string, output: Output): number {
  output.line(text);
  return exitCodes.done;
}
