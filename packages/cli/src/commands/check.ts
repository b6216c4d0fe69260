import { realpathSync, statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import {
  buildProgram,
  type Diagnostic,
  type Discovery,
  discover,
  formatDiagnostic,
  type ManifestEntry,
} from '@perdure/compiler';
import { type Command, exitCodes } from '../command.ts';
import { type CliContext, compilerGuest, type GuestModules } from '../context.ts';
import { check as help } from '../help.ts';
import { checkSummary, directoryMissing, nothingFound } from '../messages.ts';
import type { Output } from '../output.ts';
import { isCompileError } from '../problem.ts';
import { table } from '../table.ts';

export const check: Command = {
  name: 'check',
  flags: { json: { type: 'boolean' } },
  positionals: ['[dir]'],
  help,
  async run(input, { output, cwd, context }) {
    const directory = resolve(cwd, input.positionals[0] ?? '.');
    if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw directoryMissing(directory);
    const root = realpathSync(directory);
    const report = await reportOf(root, context);
    if (input.values.json) output.json(report, 'indented');
    else print(report, output);
    return report.diagnostics.length > 0 ? exitCodes.failed : exitCodes.done;
  },
};

interface Report extends Pick<Discovery, 'skipped' | 'diagnostics'> {
  readonly root: string;
  readonly workflows: ManifestEntry[];
  readonly steps: ManifestEntry[];
  readonly classes: ManifestEntry[];
}

/** What is found file by file, and what only a build of it all can tell. */
async function reportOf(root: string, { guest }: CliContext): Promise<Report> {
  const { workflows, steps, files, skipped, diagnostics } = discover({ root });
  const built = await build(root, files, guest);
  // Entries with the whole name of their file, so that an editor opens it.
  const names = files.map((file) => relative(root, file).split(sep).join('/'));
  const byPath = new Map(names.map((name) => [name.replace(/\.[cm]?[jt]sx?$/, ''), name]));
  const located = (entry: ManifestEntry) => ({ ...entry, file: byPath.get(entry.file) ?? entry.file });
  return {
    root,
    workflows: workflows.map(located),
    steps: steps.map(located),
    classes: built.classes.map(located),
    skipped,
    diagnostics: withoutRepeats([...diagnostics, ...built.diagnostics]),
  };
}

interface Built {
  readonly classes: ManifestEntry[];
  readonly diagnostics: Diagnostic[];
}

async function build(root: string, entries: string[], guest: GuestModules): Promise<Built> {
  if (entries.length === 0) return { classes: [], diagnostics: [] };
  try {
    const { manifest } = await buildProgram({ root, entries, guest: compilerGuest(guest) });
    return { classes: manifest.classes, diagnostics: [] };
  } catch (error) {
    if (!isCompileError(error)) throw error;
    return { classes: [], diagnostics: error.diagnostics };
  }
}

function withoutRepeats(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const byPlace = new Map(
    diagnostics.map((one) => [JSON.stringify([one.code, one.loc ?? one.message]), one]),
  );
  return [...byPlace.values()];
}

function print({ workflows, steps, classes, skipped, diagnostics }: Report, output: Output): void {
  const rows = [
    ...workflows.map((entry) => ['workflow', entry.name, `${entry.file}:${entry.line}`]),
    ...steps.map((entry) => ['step', entry.name, `${entry.file}:${entry.line}`]),
    ...classes.map((entry) => ['class', entry.name, `${entry.file}:${entry.line}`]),
  ];
  output.line(rows.length === 0 ? nothingFound : table(rows).join('\n'));
  if (skipped.length > 0) {
    output.line('');
    for (const { file, reason } of skipped) output.line(`skipped  ${file}: ${reason}`);
  }
  for (const diagnostic of diagnostics) output.line(`\n${formatDiagnostic(diagnostic)}`);
  output.line(`\n${checkSummary(workflows.length, steps.length, diagnostics.length)}`);
}
