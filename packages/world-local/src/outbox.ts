import { existsSync, type FSWatcher, unlinkSync, watch } from 'node:fs';
import { join } from 'node:path';
import { worldErrors } from '@perdure/world';
import { isMissing, type Layout } from './layout.ts';
import { LOCK_RETRY_MS, REPLY_POLL_MS, REPLY_TIMEOUT_MS } from './limits.ts';
import {
  type Answer,
  decodeReply,
  encodeMessage,
  type Message,
  newMessageName,
  readWhole,
  replyNameOf,
  writeWhole,
} from './messages.ts';

export interface OutboxOptions {
  readonly layout: Layout;
  /** Tries to become the driver, which applies everything in the inbox; false while another is. */
  readonly drive: () => boolean;
  /** Throws WORLD_CLOSED once the world is closed. */
  readonly open: () => void;
}

/** The side of the inbox of a process that does not drive: leaves a message and waits for its reply. */
export class Outbox {
  readonly #options: OutboxOptions;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Throws what the driver's answer throws, and DRIVER_BUSY when there is none for `REPLY_TIMEOUT_MS`. */
  async ask(message: Message): Promise<Answer> {
    const { inbox } = this.#options.layout;
    const name = newMessageName();
    const text = encodeMessage(message);
    const news = new News(inbox);
    try {
      this.#leave(name, text);
      for (let waited = 0; waited < REPLY_TIMEOUT_MS; waited += REPLY_POLL_MS) {
        await news.within(REPLY_POLL_MS);
        const answer = this.#fetch(name);
        if (answer) return answer;
        this.#options.open();
        if (waited % LOCK_RETRY_MS >= REPLY_POLL_MS) continue;
        // The driver may have died, or cleared the inbox with the rest.
        const drives = this.#options.drive();
        if (!drives && !this.#isThere(name)) this.#leave(name, text);
      }
      throw worldErrors.driverBusy(this.#options.layout.root, `a ${message.kind}`);
    } finally {
      news.stop();
      this.#remove(name);
      this.#remove(replyNameOf(name));
    }
  }

  #leave(name: string, text: string): void {
    try {
      writeWhole(this.#options.layout.inbox, name, text);
    } catch (error) {
      if (!isMissing(error)) throw worldErrors.dataUnreadable(this.#options.layout.inbox, error);
      this.#options.layout.make();
      writeWhole(this.#options.layout.inbox, name, text);
    }
  }

  #isThere(name: string): boolean {
    const { inbox } = this.#options.layout;
    return existsSync(join(inbox, name)) || existsSync(join(inbox, replyNameOf(name)));
  }

  #fetch(name: string): Answer | undefined {
    let text: string;
    try {
      text = readWhole(join(this.#options.layout.inbox, replyNameOf(name)));
    } catch {
      return undefined;
    }
    return decodeReply(text);
  }

  #remove(name: string): void {
    try {
      unlinkSync(join(this.#options.layout.inbox, name));
    } catch {
      // Taken already.
    }
  }
}

/** Wakes when something changes in a directory, and after a time in any case. */
class News {
  #watcher: FSWatcher | undefined;
  #wake: (() => void) | undefined;

  constructor(directory: string) {
    try {
      this.#watcher = watch(directory, { persistent: false }, () => this.#wake?.());
      this.#watcher.on('error', () => this.stop());
    } catch {
      // Out of watches: the poll is enough.
    }
  }

  within(ms: number): Promise<void> {
    return new Promise((resolve) => {
      // Not unref'd: a caller waits, and a process with nothing else to do must wait with it.
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  stop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
