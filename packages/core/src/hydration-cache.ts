/**
 * Hydrated step results of one run, by event id, so that replaying a history again is linear in its length.
 *
 * Only primitives are kept: sharing them cannot be told from parsing again, while a workflow that mutates an
 * object must never see an earlier replay's mutation. Strings and bigints longer than 4,096 characters are
 * cheap to hydrate again for their footprint and are not kept. Errors are never kept.
 */
const textLengthMax = 4_096;

export class HydrationCache {
  readonly #values = new Map<string, unknown>();

  /** True for a kept `undefined`, too. */
  has(eventId: string): boolean {
    return this.#values.has(eventId);
  }

  get(eventId: string): unknown {
    return this.#values.get(eventId);
  }

  /** Keeps a value when the rules allow it. */
  remember(eventId: string, value: unknown): void {
    if (!isKept(value)) return;
    this.#values.set(eventId, value);
  }

  /** Forgets an event that never became durable: its id goes to another one. */
  forget(eventId: string): void {
    this.#values.delete(eventId);
  }

  get size(): number {
    return this.#values.size;
  }
}

function isKept(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return value.length <= textLengthMax;
    case 'bigint':
      return String(value).length <= textLengthMax;
    case 'object':
      return value === null;
    case 'function':
      return false;
    default:
      return true;
  }
}
