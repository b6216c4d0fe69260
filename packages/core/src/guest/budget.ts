/**
 * The turn budget: compiled workflow code counts its loop iterations and calls, so that a runaway turn ends
 * with an error at the place where it loops. Deterministic: it counts work, not time.
 */
import { turnBudgetExceeded } from '../messages.ts';
import { init } from './state.ts';

let spent = 0;
const budget = init.turnBudget;

export function tick(weight: number): void {
  spent += weight;
  if (spent > budget) throw turnBudgetExceeded(budget);
}

export function resetBudget(): void {
  spent = 0;
}

export function overBudget(): boolean {
  return spent > budget;
}
