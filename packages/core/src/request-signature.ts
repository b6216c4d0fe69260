/**
 * Signed requests: whoever has a key of the ring asked for exactly this, a short while ago, and once.
 *
 * The header `workflow-signature` is `v1 <key id> <time> <nonce> <mac>`. The MAC is HMAC-SHA-256 in lowercase hex over lines:
 * `perdure request v1`, key id, method, path with query, time (milliseconds since the epoch), nonce, and the body's SHA-256.
 * A nonce is 22 characters of base64url, and good for one request. Nothing of a request is looked at before its MAC was.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readBody } from './bounded-body.ts';
import { signatureRefused, signingKeysMissing } from './channel-messages.ts';
import { signingKeys } from './config.ts';
import type { PerdureError } from './errors.ts';
import type { Key } from './payload/cipher.ts';

export const signatureHeader = 'workflow-signature';

const ageMsMax = 5 * 60_000;
const nonceBytes = 16;
/** Of one process, each remembered for as long as its request is good. */
const noncesMax = 20_000;
const headerPattern = /^v1 ([A-Za-z0-9_-]{1,32}) (\d{13}) ([A-Za-z0-9_-]{22}) ([0-9a-f]{64})$/;

interface Signed {
  readonly method: string;
  readonly url: string;
  readonly body: Uint8Array;
}

interface Stamp {
  readonly time: string;
  readonly nonce: string;
}

function macOf({ method, url, body }: Signed, { id, secret }: Key, { time, nonce }: Stamp): Buffer {
  const { pathname, search } = new URL(url);
  const digest = createHash('sha256').update(body).digest('hex');
  const lines = ['perdure request v1', id, method, pathname + search, time, nonce, digest];
  return createHmac('sha256', secret).update(lines.join('\n')).digest();
}

/** The value of the header for a request, at a time in milliseconds since the epoch. */
function signatureOf(request: Signed, key: Key, now: number): string {
  const stamp = { time: String(now), nonce: randomBytes(nonceBytes).toString('base64url') };
  return `v1 ${key.id} ${stamp.time} ${stamp.nonce} ${macOf(request, key, stamp).toString('hex')}`;
}

const signedBodyLimits = { bytesMax: 2 ** 20, timeoutMs: 60_000 };

/**
 * The request with a signature, by the first of the keys (default WORKFLOW_SIGNING_KEYS); to be sent at once, and once.
 *
 * Throws SIGNING_KEYS_MISSING, KEYS_INVALID, `LimitError` for a body of more than 1 MiB.
 */
export async function signRequest(
  request: Request,
  options: { readonly keys?: readonly Key[]; readonly now?: number } = {},
): Promise<Request> {
  const [key] = signingKeys(options.keys);
  if (!key) throw signingKeysMissing();
  const { method, url, signal } = request;
  const body = Buffer.from(await readBody(request, signedBodyLimits));
  const headers = new Headers(request.headers);
  headers.set(signatureHeader, signatureOf({ method, url, body }, key, options.now ?? Date.now()));
  return new Request(url, { method, headers, signal, ...(body.length > 0 ? { body } : {}) });
}

/** Tells signed requests from others, with the nonces that were used. */
export class SignatureGuard {
  readonly #ring: ReadonlyMap<string, Key>;
  readonly #clock: () => number;
  /** When the request of a nonce is too old anyway. */
  readonly #used = new Map<string, number>();

  constructor(keys: readonly Key[], clock: () => number) {
    this.#ring = new Map(keys.map((key) => [key.id, key]));
    this.#clock = clock;
  }

  /** Undefined for a request that may pass; `readBody` is called only where a key of the ring is named. */
  async refusalOf(request: Request, readBody: () => Promise<Uint8Array>): Promise<PerdureError | undefined> {
    const header = request.headers.get(signatureHeader);
    if (header === null) return signatureRefused('MISSING');
    const [, id, time, nonce, mac] = headerPattern.exec(header) ?? [];
    const key = id === undefined ? undefined : this.#ring.get(id);
    if (!key) return signatureRefused('INVALID');
    const { method, url } = request;
    const expected = macOf({ method, url, body: await readBody() }, key, { time: time!, nonce: nonce! });
    if (!timingSafeEqual(expected, Buffer.from(mac!, 'hex'))) return signatureRefused('INVALID');
    const now = this.#clock();
    if (Math.abs(now - Number(time)) > ageMsMax) return signatureRefused('EXPIRED');
    return this.#use(nonce!, Number(time) + ageMsMax, now);
  }

  #use(nonce: string, until: number, now: number): PerdureError | undefined {
    if (this.#used.has(nonce)) return signatureRefused('REPLAYED');
    if (this.#used.size >= noncesMax) {
      for (const [old, end] of this.#used) if (end < now) this.#used.delete(old);
    }
    // To forget one that is still good would let its request pass again.
    if (this.#used.size >= noncesMax) return signatureRefused('CROWDED');
    this.#used.set(nonce, until);
    return undefined;
  }
}
