import { add } from './steps.ts';

export async function whileTrue(): Promise<never> {
  'use workflow';
  await add(1, 1);
  while (true) {}
}

export async function awaitsNothingForever(): Promise<never> {
  'use workflow';
  await add(1, 1);
  for (;;) await null;
}

export async function callsItselfForever(): Promise<never> {
  'use workflow';
  const again = async (): Promise<never> => {
    await null;
    return again();
  };
  return again();
}
