import { fillRandom, randomUuid } from '../random.ts';
import { sha1 } from '../sha1.ts';
import { sha256 } from '../sha256.ts';
import { sha512 } from '../sha512.ts';
import { bytesCopy } from './blob.ts';
import { domExceptionClass } from './dom-exception.ts';
import { algorithmUnknown, inStep } from './messages.ts';

const inSteps = [
  'decrypt',
  'deriveBits',
  'deriveKey',
  'encrypt',
  'exportKey',
  'generateKey',
  'importKey',
  'sign',
  'unwrapKey',
  'verify',
  'wrapKey',
];

/** Computed here and now; a promise, as everywhere. */
async function digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
  const bytes = bytesCopy(data);
  if (!bytes) throw new TypeError('Expected an ArrayBuffer or a view of one.');
  const name = String(typeof algorithm === 'object' ? (algorithm as { name?: unknown }).name : algorithm);
  switch (name.toUpperCase()) {
    case 'SHA-1':
      return sha1(bytes).buffer;
    case 'SHA-256':
      return sha256(bytes).buffer;
    case 'SHA-384':
    case 'SHA-512':
      return sha512(bytes, name.toUpperCase() as 'SHA-384').buffer;
    default:
      throw new (domExceptionClass())(algorithmUnknown(name), 'NotSupportedError');
  }
}

export function workflowCrypto(): object {
  const subtle: Record<string, unknown> = { digest };
  for (const name of inSteps) {
    subtle[name] = () => {
      throw inStep(`crypto.subtle.${name}()`);
    };
  }
  return Object.freeze({
    randomUUID: randomUuid,
    getRandomValues: fillRandom,
    subtle: Object.freeze(subtle),
    [Symbol.toStringTag]: 'Crypto',
  });
}
