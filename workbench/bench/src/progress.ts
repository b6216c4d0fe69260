/** How far a run is, read event by event: a benchmark that reads whole histories again and again measures that. */
import type { World } from 'perdure/runtime';

export class Progress {
  readonly #world: World;
  readonly #runId: string;
  #version = 0;
  #hooks = 0;
  #completed = 0;

  constructor(world: World, runId: string) {
    this.#world = world;
    this.#runId = runId;
  }

  /** Resolves when the run has its hook and as many steps have completed. */
  async until(completed: number): Promise<void> {
    for (;;) {
      for (const { version, eventType } of await this.#world.runs.history(this.#runId, {
        after: this.#version,
      })) {
        this.#version = version;
        if (eventType === 'hook_created') this.#hooks += 1;
        if (eventType === 'step_completed') this.#completed += 1;
      }
      if (this.#hooks > 0 && this.#completed >= completed) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
