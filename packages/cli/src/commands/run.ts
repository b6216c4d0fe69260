import { createRuntime, type LogLine, type Runtime, shortName, type WorkflowReference } from '@perdure/core';
import { isEnded, type World } from '@perdure/world';
import { textOf } from '../arguments.ts';
import type { Command, Input } from '../command.ts';
import type { Session } from '../context.ts';
import { EventTeller } from '../event-text.ts';
import { Follower } from '../follow.ts';
import { run as help } from '../help.ts';
import { Interruption } from '../interruption.ts';
import { loadWorkflow, readTarget } from '../load-workflow.ts';
import { argsInvalid, draining, engineProblem, runStarted } from '../messages.ts';
import { withWorld, worldFlags, worldFlagsText } from '../open-world.ts';
import { outcomeOf } from '../outcome.ts';
import { clockText } from '../time-text.ts';

export const run: Command = {
  name: 'run',
  flags: { ...worldFlags, args: { type: 'string' } },
  positionals: ['<file>#<workflow>'],
  help,
  async run(input, session) {
    const args = readArgs(textOf(input, 'args') ?? '[]');
    const target = readTarget(input.positionals[0]!, session.cwd);
    const restore = input.values.json ? session.output.divert() : undefined;
    try {
      const play = async (world: World): Promise<number> => {
        // Data that cannot be read is found before any code of the app runs, and before anything is written.
        await world.runs.list({ limit: 1 });
        const workflow = await loadWorkflow(target, session);
        return await new Stage(world, input, session).play(workflow, args);
      };
      return await withWorld(input, session, play, 'drive');
    } finally {
      restore?.();
    }
  },
};

function readArgs(text: string): unknown[] {
  let args: unknown;
  try {
    args = JSON.parse(text);
  } catch (error) {
    throw argsInvalid(text, (error as Error).message);
  }
  if (!Array.isArray(args)) throw argsInvalid(text, 'that is no array');
  return args;
}

/** One run from its start to its outcome, with everything that is shown of it on the way. */
class Stage {
  readonly #world: World;
  readonly #session: Session;
  readonly #layout: 'json' | 'text';
  readonly #worldFlags: string;
  readonly #teller = new EventTeller();
  #runId: string | undefined;

  constructor(world: World, input: Input, session: Session) {
    this.#world = world;
    this.#session = session;
    this.#worldFlags = worldFlagsText(input);
    this.#layout = input.values.json ? 'json' : 'text';
  }

  async play(workflow: WorkflowReference, args: unknown[]): Promise<number> {
    const runtime = createRuntime({
      world: this.#world,
      // Other apps' runs in this world are none of this command's business.
      worker: 'registered',
      log: (runId, line) => this.#log(runId, line),
      report: (problem, error) => {
        // Trouble before the start ends the command by itself, and is told then.
        if (this.#runId !== undefined) this.#session.output.note(engineProblem(problem, error));
      },
    });
    try {
      return await this.#follow(runtime, workflow, args);
    } finally {
      await runtime.close();
    }
  }

  async #follow(runtime: Runtime, workflow: WorkflowReference, args: unknown[]): Promise<number> {
    const { runId } = await runtime.start(workflow, args);
    this.#runId = runId;
    this.#show(runStarted(runId, shortName(workflow.workflowId)));
    const interruption = new Interruption(() => this.#session.output.note(draining(runId)));
    const follower = new Follower(this.#world, runId, (event) =>
      this.#show(this.#teller.line(event, 'clock')),
    );
    try {
      await follower.follow(interruption.signal);
      if (interruption.exitCode !== undefined) await runtime.close();
      const state = await follower.catchUp();
      const outcome = await outcomeOf(state, runtime, this.#worldFlags);
      this.#show('');
      this.#show(outcome.value === undefined ? outcome.text : `${outcome.text}\n${outcome.value}`);
      if (this.#layout === 'json') this.#session.output.json(outcome.record, 'compact');
      const isOver = isEnded(state.status);
      return isOver ? outcome.exitCode : (interruption.exitCode ?? outcome.exitCode);
    } finally {
      interruption.stop();
    }
  }

  #log(runId: string, { level, text }: LogLine): void {
    const whose = runId === this.#runId || this.#runId === undefined ? '' : `${runId}: `;
    this.#show(`${clockText(Date.now())}     -  ${level.padEnd('step_completed'.length)}  ${whose}${text}`);
  }

  #show(text: string): void {
    const { output } = this.#session;
    if (this.#layout === 'json') output.note(text);
    else output.line(text);
  }
}
