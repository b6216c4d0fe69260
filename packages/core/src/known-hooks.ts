/** The hooks that had tokens a moment ago: who sends to one again need not look for it, as a hook that takes nothing says so. */
import type { LiveHook } from '@perdure/world';

const hooksMax = 500;
const metadataMax = 1_024;

export class KnownHooks {
  readonly #hooks = new Map<string, LiveHook>();

  get(token: string): LiveHook | undefined {
    return this.#hooks.get(token);
  }

  /** Hooks with much metadata are not kept. */
  add(hook: LiveHook): void {
    const { metadata = '' } = hook.createdEvent.eventData;
    if (metadata.length > metadataMax) return;
    this.#hooks.delete(hook.token);
    this.#hooks.set(hook.token, hook);
    if (this.#hooks.size > hooksMax) this.#hooks.delete(this.#hooks.keys().next().value!);
  }

  delete(token: string): void {
    this.#hooks.delete(token);
  }
}
