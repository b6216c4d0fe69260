/**
 * Sealing with AES-256-GCM: synchronous, so that a payload opens within the turn that needs it.
 *
 * Each run has a key of its own, derived (HKDF-SHA-256) from a key of the ring and the run id. What the bytes
 * are bound to (run, place, format) is associated data: a payload that was moved does not open.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { keyMissing, keyRingInvalid, payloadInvalid } from '../payload-messages.ts';

export interface Key {
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

const keyIdPattern = /^[A-Za-z0-9_-]{1,32}$/;
const nonceBytes = 12;
const tagBytes = 16;
const runKeysMax = 512;

/** Reads `id:base64,id:base64`; the first key seals, all of them open. Throws KEYS_INVALID. */
export function parseKeys(text: string): Key[] {
  const keys = text.split(',').map((pair) => {
    const [id = '', base64 = '', ...rest] = pair.trim().split(':');
    return { id: [id, ...rest].join(':'), secret: Buffer.from(base64, 'base64') };
  });
  return checkKeys(keys);
}

/** Keys that a ring can be made of. Throws KEYS_INVALID. */
export function checkKeys<K extends Key>(keys: K[]): K[] {
  const known = new Set<string>();
  for (const { id, secret } of keys) {
    if (typeof id !== 'string' || !keyIdPattern.test(id))
      throw keyRingInvalid(`${JSON.stringify(id)} is no key id`);
    if (!(secret instanceof Uint8Array) || secret.length !== 32)
      throw keyRingInvalid(`key ${id} has ${secret?.length} bytes instead of 32`);
    if (known.has(id)) throw keyRingInvalid(`two keys are called ${id}`);
    known.add(id);
  }
  return keys;
}

export class Cipher {
  readonly #ring = new Map<string, Key>();
  readonly #sealing: Key;
  readonly #runKeys = new Map<string, Buffer>();

  constructor(keys: readonly Key[]) {
    const [first] = checkKeys([...keys]);
    if (!first) throw keyRingInvalid('there is none');
    this.#sealing = first;
    for (const key of keys) this.#ring.set(key.id, key);
  }

  /** Key id length, key id, nonce, ciphertext, tag. */
  seal(plain: Uint8Array, format: number, runId: string, place: string): Buffer {
    const { id } = this.#sealing;
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#runKey(this.#sealing, runId), nonce);
    cipher.setAAD(associated(format, id, runId, place));
    const head = Buffer.from([id.length]);
    return Buffer.concat([
      head,
      Buffer.from(id),
      nonce,
      cipher.update(plain),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  /** Throws `PayloadError` when the key is missing or the bytes are not what was sealed for this place. */
  open(sealed: Uint8Array, format: number, runId: string, place: string): Buffer {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const idEnd = 1 + (bytes[0] ?? 0);
    if (bytes.length < idEnd + nonceBytes + tagBytes) throw payloadInvalid('sealed bytes are cut short');
    const id = bytes.toString('latin1', 1, idEnd);
    const key = this.#ring.get(id);
    if (!key) throw keyMissing(id);
    const nonce = bytes.subarray(idEnd, idEnd + nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', this.#runKey(key, runId), nonce);
    decipher.setAAD(associated(format, id, runId, place));
    decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
    try {
      const body = bytes.subarray(idEnd + nonceBytes, bytes.length - tagBytes);
      return Buffer.concat([decipher.update(body), decipher.final()]);
    } catch (cause) {
      throw payloadInvalid('sealed bytes were changed or moved', cause);
    }
  }

  #runKey(key: Key, runId: string): Buffer {
    const cacheKey = `${key.id}/${runId}`;
    let derived = this.#runKeys.get(cacheKey);
    if (!derived) {
      derived = Buffer.from(hkdfSync('sha256', key.secret, runId, 'perdure payload 1', 32));
      if (this.#runKeys.size >= runKeysMax) this.#runKeys.delete(this.#runKeys.keys().next().value!);
      this.#runKeys.set(cacheKey, derived);
    }
    return derived;
  }
}

function associated(format: number, keyId: string, runId: string, place: string): Buffer {
  return Buffer.from(`perdure sealed ${format}\n${keyId}\n${runId}\n${place}`);
}
