/** The links of a pooler for one user and database. */
import type { Frame } from './protocol.ts';
import { ServerLink } from './server-link.ts';

export class LinkPool {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #identity: ReadonlyMap<string, string>;
  readonly #size: number;
  readonly #links = new Set<ServerLink>();
  /** The one that rested longest first: what one transaction left in its session, the next one of that client misses. */
  readonly #idle: ServerLink[] = [];
  readonly #waiting: PromiseWithResolvers<ServerLink>[] = [];

  constructor(
    target: { readonly host: string; readonly port: number },
    identity: ReadonlyMap<string, string>,
    size: number,
  ) {
    this.#target = target;
    this.#identity = identity;
    this.#size = size;
  }

  /** Open connections to the server. */
  get open(): number {
    return [...this.#links].filter(({ broken }) => !broken).length;
  }

  /** What every server says of itself. */
  async parameters(): Promise<readonly Buffer[]> {
    const known = [...this.#links].find(({ parameters }) => parameters.length > 0);
    if (known) return known.parameters;
    const link = await this.take();
    this.giveBack(link);
    return link.parameters;
  }

  /** Waits for its turn. Throws the frame with which the server refused, or `unreachable`. */
  take(): Promise<ServerLink> {
    this.#forgetBroken();
    const turn = Promise.withResolvers<ServerLink>();
    this.#waiting.push(turn);
    this.#serve();
    return turn.promise;
  }

  giveBack(link: ServerLink): void {
    link.lendTo(undefined);
    if (link.broken) this.#links.delete(link);
    else this.#idle.push(link);
    this.#serve();
  }

  close(): void {
    for (const link of this.#links) link.destroy();
  }

  #forgetBroken(): void {
    for (const link of this.#links) if (link.broken) this.#links.delete(link);
    for (let i = this.#idle.length - 1; i >= 0; i -= 1) if (this.#idle[i]!.broken) this.#idle.splice(i, 1);
  }

  /** Opens links as long as there may be more, then lends those that rest. */
  #serve(): void {
    this.#forgetBroken();
    while (this.#waiting.length > 0) {
      if (this.#links.size < this.#size) this.#open(this.#waiting.shift()!);
      else if (this.#idle.length > 0) this.#waiting.shift()!.resolve(this.#idle.shift()!);
      else return;
    }
  }

  #open({ resolve, reject }: PromiseWithResolvers<ServerLink>): void {
    const link = new ServerLink(this.#target, this.#identity, (refusal?: Frame | 'unreachable') => {
      if (refusal === undefined) return resolve(link);
      link.destroy();
      this.#links.delete(link);
      reject(refusal);
      this.#serve();
    });
    this.#links.add(link);
  }
}
