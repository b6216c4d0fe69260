import { expect, test } from 'vitest';
import { type Due, DueQueue } from '../src/live/due-queue.ts';
import { randomOf } from './samples.ts';

test('the first of the queue is always the one due for longest, whatever happened to the others', () => {
  const random = randomOf(7);
  const queue = new DueQueue<Due & { id: number }>();
  const items = Array.from({ length: 60 }, (_, id) => ({ id, dueAt: 0, slot: -1, turn: 0 }));
  for (let round = 0; round < 20_000; round += 1) {
    const item = items[Math.floor(random() * items.length)]!;
    queue.set(item, random() < 0.2 ? Number.POSITIVE_INFINITY : Math.floor(random() * 30));
    const [first] = items
      .filter(({ slot }) => slot >= 0)
      .sort((left, right) => left.dueAt - right.dueAt || left.turn - right.turn);
    expect(queue.peek()?.id).toBe(first?.id);
  }
});

test('runs due at the same time keep the order they came in', () => {
  const queue = new DueQueue<Due & { id: number }>();
  const items = Array.from({ length: 20 }, (_, id) => ({ id, dueAt: 0, slot: -1, turn: 0 }));
  for (const item of items) queue.set(item, 5);
  for (const item of items) {
    expect(queue.peek()).toBe(item);
    queue.set(item, Number.POSITIVE_INFINITY);
  }
  expect(queue.peek()).toBeUndefined();
});
