import { FatalError, fetch } from 'perdure';

export async function fetchesJson(url: string): Promise<unknown[]> {
  'use workflow';
  const response = await fetch(`${url}/json`, {
    method: 'POST',
    body: 'question',
    headers: { 'x-asked': 'yes' },
  });
  const missing = await fetch(new URL('/nothing', url));
  return [
    response.status,
    response.headers.get('x-answer'),
    await response.json(),
    missing.status,
    missing.ok,
  ];
}

export async function fetchesNothing(url: string): Promise<string> {
  'use workflow';
  try {
    await fetch(url);
    return 'no error';
  } catch (error) {
    return `${FatalError.is(error)} ${((error as Error).cause as Error).name}`;
  }
}
