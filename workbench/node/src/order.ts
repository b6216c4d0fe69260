/** An order: stock, packing in parallel, a pause, somebody's approval, payment. */
import { createHook, getStepMetadata, sleep } from 'perdure';

export interface Order {
  readonly id: string;
  readonly items: readonly string[];
}

/** Stands for work that takes a while. */
async function takesTime(ms: number): Promise<void> {
  const { stepName, attempt } = getStepMetadata();
  console.log(`body ${stepName.slice(stepName.lastIndexOf('/') + 1)} attempt ${attempt}`);
  await new Promise((resolve) => setTimeout(resolve, ms));
}

async function reserveStock(order: Order): Promise<string> {
  'use step';
  await takesTime(100);
  return `reservation for ${order.items.length} items`;
}

async function packItem(item: string): Promise<string> {
  'use step';
  await takesTime(150);
  return `${item}, packed`;
}

async function printLabel(order: Order): Promise<string> {
  'use step';
  await takesTime(800);
  return `label ${order.id}`;
}

async function chargeCard(order: Order): Promise<string> {
  'use step';
  await takesTime(100);
  // The same for every attempt: a payment provider takes it as its idempotency key.
  return `charged ${order.id}, key ${getStepMetadata().stepId}`;
}

async function notifyCustomer(order: Order, approvedBy: string): Promise<string> {
  'use step';
  await takesTime(50);
  return `told the customer of ${order.id} that ${approvedBy} approved`;
}

export function approvalToken(orderId: string): string {
  return `approval of ${orderId}`;
}

export async function processOrder(order: Order): Promise<Record<string, unknown>> {
  'use workflow';
  const reservation = await reserveStock(order);
  const parcels = await Promise.all(order.items.map((item) => packItem(item)));
  const label = await printLabel(order);
  await sleep('2s');
  const { by } = await createHook<{ by: string }>({ token: approvalToken(order.id), metadata: { label } });
  const payment = await chargeCard(order);
  const notice = await notifyCustomer(order, by);
  return { reservation, parcels, label, payment, notice };
}
