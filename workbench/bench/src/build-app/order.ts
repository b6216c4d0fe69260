import { sleep } from 'perdure';

async function charge(order: string): Promise<string> {
  'use step';
  return `charged ${order}`;
}

export async function processOrder(order: string): Promise<string> {
  'use workflow';
  const receipt = await charge(order);
  await sleep('0ms');
  return `${receipt}, edition 0`;
}
