/** What a proxy does to statements, and when. */

export interface Statement {
  /** As the client wrote it; the texts of a request with several, joined. */
  readonly text: string;
  /** Which connection of the proxy, from 1. */
  readonly connection: number;
}

/** Cut off before the server gets the statement, or when it is done and its answer has arrived here. */
export interface CutFault {
  readonly kind: 'cut';
  readonly at: 'request' | 'reply';
  readonly how?: CutHow;
}

/** Fails on the server with this SQLSTATE instead of running; `fatal` ends the connection, too. */
export interface ErrorFault {
  readonly kind: 'error';
  readonly code: string;
  readonly message?: string;
  readonly fatal?: true;
}

export type Fault = CutFault | ErrorFault;

/** `end` (default) closes the connection in order, `reset` as a process that is gone. */
export type CutHow = 'end' | 'reset';

export interface Injection {
  readonly fault: Fault;
  /** Statements that it is for. Default: all. */
  readonly when?: RegExp | ((statement: Statement) => boolean);
  /** How many of them pass before. Default 0. */
  readonly skip?: number;
  /** How many of them it hits. Default 1. */
  readonly times?: number;
}

/** Something that is injected, and how often it was. */
export class Injected {
  readonly #injection: Injection;
  readonly #waiting: { readonly hits: number; readonly resolve: () => void }[] = [];
  #seen = 0;
  #hits = 0;
  #removed = false;

  constructor(injection: Injection) {
    this.#injection = injection;
  }

  /** How often the fault has happened: for cuts, how often a connection was cut. */
  get hits(): number {
    return this.#hits;
  }

  /** Resolves when it happened so often. */
  async untilHit(hits = 1): Promise<void> {
    if (this.#hits >= hits) return;
    await new Promise<void>((resolve) => this.#waiting.push({ hits, resolve }));
  }

  /** Statements from now on pass. */
  remove(): void {
    this.#removed = true;
  }

  /** The fault for a statement, if it is one of those. */
  faultFor(statement: Statement): Fault | undefined {
    const { when = () => true, skip = 0, times = 1, fault } = this.#injection;
    if (this.#removed || !(when instanceof RegExp ? when.test(statement.text) : when(statement)))
      return undefined;
    this.#seen += 1;
    return this.#seen > skip && this.#seen <= skip + times ? fault : undefined;
  }

  hit(): void {
    this.#hits += 1;
    for (const { hits, resolve } of this.#waiting) if (this.#hits >= hits) resolve();
  }
}
