import { isProgramHash, type Programs, worldErrors } from '@perdure/world';

/** Programs in a map, by the hash of their content. */
export class MemoryPrograms implements Programs {
  readonly #programs = new Map<string, string>();
  readonly #open: () => void;

  constructor(open: () => void) {
    this.#open = open;
  }

  async put(hash: string, code: string): Promise<void> {
    this.#open();
    if (!isProgramHash(hash)) throw worldErrors.programHashInvalid(hash);
    if (!this.#programs.has(hash)) this.#programs.set(hash, code);
  }

  async get(hash: string): Promise<string | undefined> {
    this.#open();
    return this.#programs.get(hash);
  }

  clear(): void {
    this.#programs.clear();
  }
}
