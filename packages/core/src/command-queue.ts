import type { Event } from '@perdure/world';
import { type Command, describeCommand, describeEvent, matches } from './command.ts';
import { DivergenceError } from './errors.ts';

/** Commands in emission order, of which the first ones have their event (E4). */
export class CommandQueue {
  #commands: Command[] = [];
  #confirmed = 0;

  /** The first command that was issued and has no event yet. */
  get next(): Command | undefined {
    return this.#commands[this.#confirmed];
  }

  push(command: Command): void {
    // What code does after the run's end, in the same turn, has nowhere to go.
    const last = this.#commands.at(-1)?.kind;
    if (last !== 'complete-run' && last !== 'fail-run') this.#commands.push(command);
  }

  /** Takes the event that records the next command. Throws `DivergenceError`. */
  confirm(event: Event): void {
    const command = this.next;
    if (!command || !matches(command, event)) {
      const { runId, version } = event;
      const expected = describeEvent(event);
      throw new DivergenceError({ runId, version, expected, actual: describeCommand(command) });
    }
    this.#confirmed += 1;
    if (this.#confirmed === this.#commands.length) this.clear();
  }

  /** A hook that lost its token leaves nothing to dispose of. */
  dropDisposal(correlationId: string): void {
    const open = this.#commands.slice(this.#confirmed);
    this.#commands = open.filter(({ kind, id }) => kind !== 'dispose-hook' || id !== correlationId);
    this.#confirmed = 0;
  }

  clear(): void {
    this.#commands = [];
    this.#confirmed = 0;
  }
}
