import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildProgram, discover } from '@perdure/compiler';
import { createRuntime, type ProgramMove, type ProgramSource, type UpgradeOptions } from '@perdure/core';
import { DivergenceError, WorkflowNotRegisteredError } from '@perdure/core/errors';
import { textOf } from '../arguments.ts';
import { type Command, exitCodes, type Input } from '../command.ts';
import { compilerGuest, type Session } from '../context.ts';
import { upgrade as help } from '../help.ts';
import { directoryMissing, divergenceText, moveText, problemLine, workflowsMissing } from '../messages.ts';
import { withWorld, worldFlags } from '../open-world.ts';

export const upgrade: Command = {
  name: 'upgrade',
  flags: { ...worldFlags, check: { type: 'boolean' }, program: { type: 'string' }, root: { type: 'string' } },
  positionals: ['<run>'],
  help,
  async run(input, session) {
    const runId = input.positionals[0]!;
    const options: UpgradeOptions = { mode: input.values.check ? 'check' : 'move' };
    const program = textOf(input, 'program') ?? (await builtProgram(input, session));
    return withWorld(input, session, async (world) => {
      const runtime = createRuntime({ world, worker: 'off' });
      try {
        return tell(await runtime.upgrade(runId, { ...options, program }), input, session);
      } catch (error) {
        return refuse(error, input, session);
      } finally {
        await runtime.close();
      }
    });
  },
};

/** The program of the app as its source is now. */
async function builtProgram(input: Input, { cwd, context }: Session): Promise<ProgramSource> {
  const directory = resolve(cwd, textOf(input, 'root') ?? '.');
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw directoryMissing(directory);
  const root = realpathSync(directory);
  const { files } = discover({ root });
  if (files.length === 0) throw workflowsMissing(root);
  const { code, hash } = await buildProgram({ root, entries: files, guest: compilerGuest(context.guest) });
  return { code, hash };
}

function tell(move: ProgramMove, { values }: Input, { output }: Session): number {
  if (values.json) output.json(move, 'indented');
  else output.line(moveText(move));
  return exitCodes.done;
}

function refuse(error: unknown, { values }: Input, { output }: Session): number {
  if (!DivergenceError.is(error) && !WorkflowNotRegisteredError.is(error)) throw error;
  if (values.json) {
    const { code, message, hint } = error;
    output.json({ ...error, code, message, hint }, 'indented');
  } else output.line(DivergenceError.is(error) ? divergenceText(error) : problemLine(error));
  return exitCodes.failed;
}
