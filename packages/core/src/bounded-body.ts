import { bodyTooLarge, bodyTooSlow, headersTooLarge } from './channel-messages.ts';

export interface BodyLimits {
  readonly bytesMax: number;
  /** How long all of it may take to arrive. */
  readonly timeoutMs: number;
}

const headerBytesMax = 32 * 1024;
const urlBytesMax = 16 * 1024;

/** Throws `LimitError` HEADERS_TOO_LARGE. */
export function checkHead({ url, headers }: Request): void {
  let bytes = 0;
  for (const [name, value] of headers) bytes += name.length + value.length;
  if (bytes > headerBytesMax || url.length > urlBytesMax) throw headersTooLarge(headerBytesMax, urlBytesMax);
}

/** The body of a request. Throws `LimitError` BODY_TOO_LARGE, before it is in memory, and BODY_TOO_SLOW. */
export async function readBody(request: Request, { bytesMax, timeoutMs }: BodyLimits): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw bodyTooLarge(bytesMax);
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(bodyTooSlow(timeoutMs)), timeoutMs);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise]);
      if (done) return Buffer.concat(parts);
      length += value.byteLength;
      if (length > bytesMax) throw bodyTooLarge(bytesMax);
      parts.push(value);
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
