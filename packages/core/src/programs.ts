import type { World } from '@perdure/world';
import { programMissing } from './messages.ts';
import { Program, type ProgramSource } from './program.ts';

const compiledMax = 32;

/** Compiled programs by hash, loaded from the World when a run needs one that this process did not bring. */
export class ProgramShelf {
  readonly #world: World;
  readonly #compiled = new Map<string, Program>();
  readonly #stored = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Stores a program of this process, so that its runs can go on elsewhere. */
  async add(source: ProgramSource): Promise<Program> {
    const program = this.#compiled.get(source.hash) ?? this.#keep(new Program(source));
    if (!this.#stored.has(source.hash)) {
      await this.#world.programs.put(source.hash, source.code);
      this.#stored.add(source.hash);
    }
    return program;
  }

  /** Throws PROGRAM_MISSING. */
  async get(hash: string): Promise<Program> {
    const compiled = this.#compiled.get(hash);
    if (compiled) return compiled;
    const code = await this.#world.programs.get(hash);
    if (code === undefined) throw programMissing(hash);
    return this.#keep(new Program({ hash, code }));
  }

  #keep(program: Program): Program {
    this.#compiled.set(program.hash, program);
    if (this.#compiled.size > compiledMax) this.#compiled.delete(this.#compiled.keys().next().value!);
    return program;
  }
}
