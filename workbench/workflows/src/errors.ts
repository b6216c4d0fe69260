import { FatalError, getStepMetadata, RetryableError } from 'perdure';
import { add, delayed } from './steps.ts';
import { throwFromAnotherFile } from './throws.ts';

async function failUntil(attempt: number): Promise<number> {
  'use step';
  const { attempt: current } = getStepMetadata();
  if (current < attempt) throw new RetryableError(`attempt ${current}`, { retryAfter: 1 });
  return current;
}

async function failOnce(): Promise<number> {
  'use step';
  if (getStepMetadata().attempt === 1) throw new Error('an ordinary error');
  return getStepMetadata().attempt;
}

async function neverRetried(): Promise<never> {
  'use step';
  throw new Error(`attempt ${getStepMetadata().attempt}`);
}
neverRetried.maxRetries = 0;

async function fatal(message: string): Promise<never> {
  'use step';
  throw new FatalError(message);
}

async function throwValue(): Promise<never> {
  'use step';
  throw new FatalError('wrapped', { cause: { code: 7, list: [1] } });
}

async function slowlyFatal(): Promise<never> {
  'use step';
  await new Promise((resolve) => setTimeout(resolve, 5));
  throw new FatalError('too late to matter');
}

export async function retryUntilThird(): Promise<number> {
  'use workflow';
  return failUntil(3);
}

export async function retryOrdinaryError(): Promise<number> {
  'use workflow';
  return failOnce();
}

export async function retryDisabled(): Promise<string[]> {
  'use workflow';
  try {
    await neverRetried();
    return ['no error'];
  } catch (error) {
    const { name, message, cause } = error as FatalError;
    return [name, message, (cause as Error).message];
  }
}

export async function fatalIsCatchable(): Promise<string> {
  'use workflow';
  try {
    await fatal('stop here');
  } catch (error) {
    return `${FatalError.is(error)} ${error instanceof FatalError} ${(error as Error).message}`;
  }
  return 'no error';
}

export async function causeArrives(): Promise<unknown> {
  'use workflow';
  try {
    return await throwValue();
  } catch (error) {
    return (error as Error).cause;
  }
}

export async function throwsError(): Promise<never> {
  'use workflow';
  await add(1, 1);
  throw Object.assign(new RangeError('out of it'), { limit: 4 });
}

export async function throwsValue(): Promise<never> {
  'use workflow';
  throw { just: 'data' };
}

export async function throwsFromAnotherFile(): Promise<never> {
  'use workflow';
  return throwFromAnotherFile();
}

/** The rejection of the second step arrives while nobody waits for it. */
export async function rejectionBeforeAwait(): Promise<string> {
  'use workflow';
  const slow = delayed(40, 'slow');
  const fails = slowlyFatal();
  await slow;
  await fails;
  return 'not reached';
}

export async function finallyRuns(): Promise<string[]> {
  'use workflow';
  const seen: string[] = [];
  try {
    try {
      await fatal('inner');
    } finally {
      seen.push(`cleanup ${await add(2, 3)}`);
    }
  } catch (error) {
    seen.push((error as Error).message);
  }
  return seen;
}

export async function returnsFunction(): Promise<unknown> {
  'use workflow';
  return { handlers: [() => 1] };
}

export async function passesFunction(): Promise<string> {
  'use workflow';
  try {
    await add((() => 1) as unknown as number, 2);
  } catch (error) {
    return `${(error as Error).name} ${(error as { path?: string }).path}`;
  }
  return 'no error';
}

const calls: number[] = [];

async function tunedByPolicy(): Promise<never> {
  'use step';
  calls.push(getStepMetadata().attempt);
  throw new Error(`attempt ${getStepMetadata().attempt}`);
}
tunedByPolicy.retry = { maxAttempts: 2, delay: '1ms', backoff: 1 };

async function tooSlow(): Promise<string> {
  'use step';
  const { signal } = getStepMetadata();
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return 'nobody hears this';
}
tooSlow.timeout = '5ms';
tooSlow.maxRetries = 0;

export async function retryPolicy(): Promise<string> {
  'use workflow';
  try {
    return await tunedByPolicy();
  } catch (error) {
    return ((error as Error).cause as Error).message;
  }
}

export async function stepTimeout(): Promise<string> {
  'use workflow';
  try {
    return await tooSlow();
  } catch (error) {
    return ((error as Error).cause as { code: string }).code;
  }
}

async function throwsOutside(): Promise<never> {
  'use step';
  return throwFromAnotherFile();
}
throwsOutside.maxRetries = 0;

export async function stepThrowsFromAnotherFile(): Promise<string> {
  'use workflow';
  try {
    return await throwsOutside();
  } catch (error) {
    return ((error as Error).cause as Error).stack ?? '';
  }
}

async function throwsData(): Promise<never> {
  'use step';
  throw { just: ['data'] };
}
throwsData.maxRetries = 0;

export async function stepThrowsValue(): Promise<unknown> {
  'use workflow';
  try {
    return await throwsData();
  } catch (error) {
    return (error as Error).cause;
  }
}

async function givesFunction(): Promise<unknown> {
  'use step';
  return { made: { here: () => 1 } };
}

export async function stepReturnsFunction(): Promise<string> {
  'use workflow';
  try {
    await givesFunction();
    return 'no error';
  } catch (error) {
    const { name, path } = ((error as Error).cause ?? error) as Error & { path?: string };
    return `${name} ${path}`;
  }
}

export async function throwsFunction(): Promise<never> {
  'use workflow';
  throw { callback: () => 1 };
}

async function triesLater(): Promise<number> {
  'use step';
  const { attempt } = getStepMetadata();
  if (attempt === 1) throw new RetryableError('later', { retryAfter: 60 });
  return attempt;
}

export async function keepsDelay(): Promise<number> {
  'use workflow';
  return triesLater();
}

export async function callsGiven(step: () => Promise<unknown>): Promise<unknown> {
  'use workflow';
  return step();
}
