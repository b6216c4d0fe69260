import { exitCodes } from './command.ts';

const signals = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated } as const;

/** Ctrl-C and the like, heard once: the second time ends the process as usual. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #onSignal: (name: NodeJS.Signals) => void;
  #exitCode: number | undefined;

  constructor(onFirst: () => void) {
    this.#onSignal = (name) => {
      this.stop();
      this.#exitCode = signals[name as keyof typeof signals];
      this.#controller.abort();
      onFirst();
    };
    for (const name of Object.keys(signals)) process.on(name, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Undefined: nothing was heard. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  stop(): void {
    for (const name of Object.keys(signals)) process.off(name, this.#onSignal);
  }
}
