/**
 * Group commit: what is asked for in one tick shares a statement, a round trip and a commit.
 *
 * While as many statements are under way as may be, what comes waits and shares the next one, so that the batches
 * grow with the load and nothing waits for a timer.
 */
import { BATCH_WEIGHT_MAX } from './limits.ts';

export interface BatcherOptions<I, O> {
  /** Answers in the order of the items. */
  readonly run: (items: readonly I[]) => Promise<readonly O[]>;
  /**
   * What happens when the server refuses several (STORE_FAILED): each is asked for alone, as one may be to blame, or all
   * have failed. Any other trouble is everybody's: asking for each would only take as many times as long.
   */
  readonly onFailure: 'ask-alone' | 'fail';
  readonly itemsMax: number;
  /** How much one item is; a batch ends with the one that reaches `BATCH_WEIGHT_MAX`. */
  readonly weigh: (item: I) => number;
  readonly underWayMax: number;
  /** Called when nothing is left to do. */
  readonly onIdle?: () => void;
}

interface Asked<I, O> {
  readonly item: I;
  readonly resolve: (answer: O) => void;
  readonly reject: (error: unknown) => void;
}

export class Batcher<I, O> {
  readonly #options: BatcherOptions<I, O>;
  #asked: Asked<I, O>[] = [];
  #underWay = 0;
  #flushing = false;
  /** How many shared the statement that was answered last. */
  #lastSize = 0;

  constructor(options: BatcherOptions<I, O>) {
    this.#options = options;
  }

  ask(item: I): Promise<O> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ item, resolve, reject });
      if (this.#flushing) return;
      this.#flushing = true;
      const flush = (): void => {
        this.#flushing = false;
        this.#flush();
      };
      // After the promises of this tick have had their turn. Those who shared a statement most often go on together.
      if (this.#lastSize > 1) setImmediate(flush);
      else process.nextTick(flush);
    });
  }

  #flush(): void {
    while (this.#asked.length > 0 && this.#underWay < this.#options.underWayMax) {
      const batch = this.#asked.splice(0, this.#batchSize());
      this.#underWay += 1;
      void this.#run(batch).then(() => {
        this.#underWay -= 1;
        if (!this.#flushing) this.#flush();
        if (this.#underWay === 0) this.#options.onIdle?.();
      });
    }
  }

  #batchSize(): number {
    const { itemsMax, weigh } = this.#options;
    let weight = 0;
    let size = 0;
    while (size < Math.min(itemsMax, this.#asked.length) && weight < BATCH_WEIGHT_MAX) {
      weight += weigh(this.#asked[size]!.item);
      size += 1;
    }
    return size;
  }

  /** Never rejects. */
  async #run(batch: readonly Asked<I, O>[]): Promise<void> {
    try {
      const answers = await this.#options.run(batch.map(({ item }) => item));
      this.#lastSize = batch.length;
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as O);
    } catch (error) {
      const isOnes = (error as { code?: unknown }).code === 'STORE_FAILED';
      if (batch.length === 1 || !isOnes || this.#options.onFailure === 'fail')
        for (const { reject } of batch) reject(error);
      else for (const asked of batch) await this.#run([asked]);
    }
  }
}
