import { createHook } from 'perdure';

async function notify(by: string): Promise<string> {
  'use step';
  return `approved by ${by}`;
}

export async function review(order: string): Promise<string> {
  'use workflow';
  const { by } = await createHook<{ by: string }>({ token: `approval of ${order}` });
  return await notify(by);
}
