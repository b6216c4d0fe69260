import { existsSync, type FSWatcher, readdirSync, unlinkSync, watch } from 'node:fs';
import { join } from 'node:path';
import { worldErrors } from '@perdure/world';
import type { Layout } from './layout.ts';
import { STALE_REPLY_MS } from './limits.ts';
import {
  type Answer,
  decodeMessage,
  encodeAnswer,
  encodeRefusal,
  isMessageName,
  type Message,
  readWhole,
  replyNameOf,
  timeOfLeftOver,
  writeWhole,
} from './messages.ts';

/** The driver's side of the inbox: applies messages in the order of their names and answers each. */
export class Inbox {
  readonly #layout: Layout;
  readonly #apply: (message: Message) => Promise<Answer>;
  readonly #underWay = new Set<string>();
  #watcher: FSWatcher | undefined;

  constructor(layout: Layout, apply: (message: Message) => Promise<Answer>) {
    this.#layout = layout;
    this.#apply = apply;
  }

  /** Asks the system for a hint when messages come; `drain` must be called regularly all the same. */
  listen(): void {
    try {
      this.#watcher = watch(this.#layout.inbox, { persistent: false }, () => this.drain());
      this.#watcher.on('error', () => this.stop());
    } catch {
      // Out of watches: the poll finds the messages.
    }
  }

  stop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  drain(): void {
    for (const name of this.#names()) {
      if (isMessageName(name) && !this.#underWay.has(name)) void this.#answer(name);
    }
  }

  /** Removes what senders that died have left. */
  sweep(): void {
    for (const name of this.#names()) {
      const time = timeOfLeftOver(name);
      if (time !== undefined && time < Date.now() - STALE_REPLY_MS) this.#remove(name);
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#layout.inbox).sort();
    } catch {
      // The directory is gone; the driver notices by itself.
      return [];
    }
  }

  async #answer(name: string): Promise<void> {
    this.#underWay.add(name);
    try {
      // A driver before this one answered it and died: what it said may have been heard by now.
      const isAnswered = existsSync(join(this.#layout.inbox, replyNameOf(name)));
      const reply = isAnswered ? undefined : await this.#replyTo(name);
      // The reply comes before the message goes: a driver that dies between the two only applies it again.
      if (reply !== undefined) writeWhole(this.#layout.inbox, replyNameOf(name), reply);
      this.#remove(name);
    } catch {
      // The inbox cannot be written; the sender asks again or takes over.
    } finally {
      this.#underWay.delete(name);
    }
  }

  async #replyTo(name: string): Promise<string | undefined> {
    let message: Message;
    try {
      message = decodeMessage(readWhole(join(this.#layout.inbox, name)));
    } catch (error) {
      return encodeRefusal(worldErrors.inputInvalid('message', (error as Error).message));
    }
    try {
      return encodeAnswer(await this.#apply(message));
    } catch (error) {
      return encodeRefusal(error);
    }
  }

  #remove(name: string): void {
    try {
      unlinkSync(join(this.#layout.inbox, name));
    } catch {
      // Its sender took it back.
    }
  }
}
