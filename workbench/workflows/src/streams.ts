import { createHook, getWritable } from 'perdure';
import { getRun, start } from 'perdure/api';

async function writeAll(
  stream: WritableStream<unknown>,
  chunks: unknown[],
  end: 'close' | 'leave',
): Promise<void> {
  'use step';
  const writer = stream.getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  if (end === 'close') await writer.close();
  else writer.releaseLock();
}

async function writeHere(chunks: unknown[], namespace?: string): Promise<void> {
  'use step';
  const writer = getWritable(namespace === undefined ? {} : { namespace }).getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  writer.releaseLock();
}

async function produce(count: number): Promise<ReadableStream<Uint8Array>> {
  'use step';
  const encoder = new TextEncoder();
  let made = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (made === count) controller.close();
      else controller.enqueue(encoder.encode(`part ${made++};`));
    },
  });
}

async function readText(stream: ReadableStream<Uint8Array>): Promise<string> {
  'use step';
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  return text;
}

export async function writesDefault(): Promise<string> {
  'use workflow';
  await writeAll(getWritable(), ['one', { two: 2 }, 3n], 'leave');
  await writeHere(['four']);
  return 'written';
}

export async function writesNamed(): Promise<string> {
  'use workflow';
  await writeAll(getWritable({ namespace: 'a b/../c' }), [1, 2], 'close');
  await writeHere([9], 'other');
  return 'written';
}

/** A stream that a step returns is read by the next one, byte by byte the same. */
export async function returnsStream(count: number): Promise<string> {
  'use workflow';
  const stream = await produce(count);
  return readText(stream);
}

export async function writesBytes(): Promise<void> {
  'use workflow';
  const every = new Uint8Array(256).map((_, i) => i);
  const snowman = new Uint8Array([0xe2, 0x98]);
  await writeAll(getWritable(), [every, snowman, new Uint8Array([0x83]), new Uint8Array(0)], 'close');
}

export async function writesToGiven(stream: WritableStream<unknown>, text: string): Promise<void> {
  'use workflow';
  await writeAll(stream, [text], 'leave');
}

/** A child writes to the stream of its parent. */
export async function childWritesToParent(): Promise<number> {
  'use workflow';
  const stream = getWritable<string>();
  await writeAll(stream, ['from the parent'], 'leave');
  const child = await start(writesToGiven, [stream, 'from the child']);
  await child.returnValue;
  return 2;
}

async function countOf(runId: string): Promise<number> {
  'use step';
  let count = 0;
  for await (const _chunk of getRun(runId).readable) count += 1;
  return count;
}

export async function readsAnother(runId: string): Promise<number> {
  'use workflow';
  return countOf(runId);
}

export async function misusesStream(): Promise<string[]> {
  'use workflow';
  const stream = getWritable();
  const codes: string[] = [];
  for (const use of [
    () => stream.getWriter(),
    () => new ReadableStream(),
    () => getWritable({ namespace: '' }),
  ]) {
    try {
      use();
      codes.push('none');
    } catch (error) {
      codes.push((error as { code: string }).code);
    }
  }
  return codes;
}

async function writeNumbers(n: number, size: number): Promise<void> {
  'use step';
  const writer = getWritable<Uint8Array>().getWriter();
  for (let i = 0; i < n; i += 1) await writer.write(new Uint8Array(size).fill(i % 256));
  writer.releaseLock();
}

export async function writesMuch(n: number, size: number): Promise<number> {
  'use workflow';
  await writeNumbers(n, size);
  return n * size;
}

async function writeOne(n: number): Promise<void> {
  'use step';
  const writer = getWritable<number>().getWriter();
  await writer.write(n);
  writer.releaseLock();
}

export async function writesPayloads(token: string): Promise<void> {
  'use workflow';
  for await (const n of createHook<number>({ token })) {
    if (n < 0) return;
    await writeOne(n);
  }
}
