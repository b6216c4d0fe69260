import { getAttributes, setAttributes } from 'perdure';
import { add } from './steps.ts';

async function mark(): Promise<Record<string, string>> {
  'use step';
  await setAttributes({ fromStep: 'yes', temporary: undefined });
  return getAttributes();
}

export async function attributes(): Promise<Record<string, string>[]> {
  'use workflow';
  await setAttributes({ stage: 'begun', temporary: 'soon gone' });
  const seenByStep = await mark();
  await add(1, 1);
  return [seenByStep, await getAttributes()];
}

export async function badAttributes(): Promise<string[]> {
  'use workflow';
  const tooMany = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`key${i}`, 'value']));
  const codes: string[] = [];
  for (const bad of [{ '': 'no key' }, { $reserved: 'x' }, { long: 'é'.repeat(129) }, tooMany]) {
    try {
      await setAttributes(bad);
      codes.push('none');
    } catch (error) {
      codes.push((error as { code: string }).code);
    }
  }
  return codes;
}
