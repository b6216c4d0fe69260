/** Numbers of a run as its seed promises them: sfc32 over SHA-256, written down a second time. */
import { createHash } from 'node:crypto';

export function randomOf(seed: string): () => number {
  const digest = createHash('sha256').update(`numbers ${seed}`).digest();
  const state = [digest.readInt32BE(0), digest.readInt32BE(4), digest.readInt32BE(8), 1] as const;
  let [a, b, c, counter]: [number, number, number, number] = [...state];
  const word = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i += 1) word();
  return () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53;
}
