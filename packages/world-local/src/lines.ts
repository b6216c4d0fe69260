/**
 * The lines of a run's file: one event each, as JSON that a person can read.
 *
 *   {"eventType":"step_completed","version":7,"createdAt":1700000000000,"correlationId":"step_ab_3",
 *    "eventData":{"output":"[1]"},"wake":null,"crc":"0badcafe"}
 *
 * - `wake` is on the last line of an append and nowhere else: lines without one after them were never
 *   acknowledged. A line with `version` and `wake` but no `eventType` changes the wake time only.
 * - `crc` is the CRC-32 of the text before it, seeded with the run id: JSON alone cannot tell a flipped bit
 *   within a payload from the payload, and a line copied from another run would pass as this one's.
 * - The line that ends a run also has `startedAt` and `attributes`, so that a listing reads two lines of the file,
 *   and `retains`, so that the tokens it keeps are found by one.
 */
import { crc32 } from 'node:zlib';
import {
  type Attributes,
  copyEvent,
  type Event,
  eventIdOf,
  isEvent,
  type Payload,
  parseEvent,
  payloadFieldsOf,
} from '@perdure/world';

export interface Commit {
  readonly wake: number | null;
  /** Given with a terminal event only, where the run has some. */
  readonly startedAt?: number;
  readonly attributes?: Attributes;
  /** Tokens that stay taken, and until when. */
  readonly retains?: ReadonlyArray<readonly [string, number]>;
}

export interface Line {
  /** Absent on a line that changes the wake time only. */
  readonly event?: Event;
  readonly version: number;
  /** Present on the last line of an append. */
  readonly commit?: Commit;
}

export type Decoded = { readonly line: Line } | { readonly problem: string };

const crcBytes = ',"crc":"00000000"}'.length;
const crcPattern = /^,"crc":"([0-9a-f]{8})"\}$/;
/** A whole line that goes on after its end: its newline was overwritten. A torn line never has this. */
const overrunPattern = /,"crc":"[0-9a-f]{8}"\}./s;

export function seedOf(runId: string): number {
  return crc32(runId);
}

export function encodeEvent(event: Event, seed: number, commit: Commit | undefined): string {
  const { eventType, version, createdAt, correlationId, key } = event;
  // Undefined fields are left out by JSON; the order is what a reader's eye wants first.
  return sealed(
    {
      eventType,
      version,
      createdAt,
      correlationId,
      key,
      eventData: encodeData(event.eventData),
      ...commit,
    },
    seed,
  );
}

export function encodeWake(version: number, wake: number | null, seed: number): string {
  return sealed({ version, wake }, seed);
}

/** A line of JSON that ends in its checksum. */
export function sealed(record: object, seed: number): string {
  const text = JSON.stringify(record).slice(0, -1);
  return `${text},"crc":"${crc32(text, seed).toString(16).padStart(8, '0')}"}\n`;
}

/** Bytes become `{"base64": ...}`; text stays text. */
export function encodeData(eventData: object): object {
  let encoded: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(eventData)) {
    if (!(value instanceof Uint8Array)) continue;
    encoded ??= { ...eventData };
    encoded[name] = encodePayload(value);
  }
  return encoded ?? eventData;
}

export function encodePayload(payload: Payload): unknown {
  if (typeof payload === 'string') return payload;
  const view = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  return { base64: view.toString('base64') };
}

/** What is no encoded bytes comes back as it is. */
export function decodePayload(value: unknown): unknown {
  const base64 = (value as { base64?: unknown } | null | undefined)?.base64;
  // A copy: what Buffer gives may be a view of a pool that others share.
  return typeof base64 === 'string' ? new Uint8Array(Buffer.from(base64, 'base64')) : value;
}

/** Only where a payload belongs: elsewhere `{"base64": ...}` is what the user wrote. */
export function decodeData(eventType: unknown, eventData: unknown): unknown {
  if (typeof eventData !== 'object' || eventData === null) return eventData;
  const record = eventData as Record<string, unknown>;
  for (const name of payloadFieldsOf.get(eventType as string) ?? []) {
    if (typeof record[name] === 'object') record[name] = decodePayload(record[name]);
  }
  return record;
}

/** The record of a sealed line, given without its newline. */
export function unsealed(
  bytes: Buffer,
  seed: number,
): { readonly record: Record<string, unknown> } | { readonly problem: string } {
  const end = bytes.length - crcBytes;
  const crc = end > 0 ? crcPattern.exec(bytes.toString('latin1', end))?.[1] : undefined;
  if (crc === undefined) return { problem: 'no checksum at the end of the line' };
  if (crc32(bytes.subarray(0, end), seed) !== Number.parseInt(crc, 16)) {
    return { problem: 'a checksum that does not fit the line' };
  }
  try {
    return { record: JSON.parse(bytes.toString('utf8')) as Record<string, unknown> };
  } catch {
    return { problem: 'a line that is no JSON' };
  }
}

/** Reads one line, given without its newline. */
export function decodeLine(runId: string, seed: number, bytes: Buffer): Decoded {
  const decoded = unsealed(bytes, seed);
  return 'problem' in decoded ? decoded : lineOf(runId, decoded.record);
}

function lineOf(runId: string, record: Record<string, unknown>): Decoded {
  const { eventType, version, createdAt, correlationId, key, wake } = record;
  const hasWake = wake === null || Number.isFinite(wake);
  if (wake !== undefined && !hasWake) return { problem: 'a wake time that is none' };
  const commit = hasWake ? commitOf(wake as number | null, record) : undefined;
  if (eventType === undefined) {
    if (!commit || !Number.isSafeInteger(version)) return { problem: 'a line without an event' };
    return { line: { version: version as number, commit } };
  }
  const eventId = eventIdOf(version as number);
  const eventData = decodeData(eventType, record.eventData);
  const event = { runId, eventId, version, eventType, correlationId, key, createdAt, eventData } as Event;
  if (!isEvent(event)) {
    const checked = parseEvent(event);
    return { problem: checked.ok ? 'an event that is none' : `an event with ${checked.problem}` };
  }
  return { line: { event: copyEvent(event), version: event.version, ...(commit ? { commit } : {}) } };
}

function commitOf(wake: number | null, record: Record<string, unknown>): Commit {
  const { startedAt, attributes, retains } = record as Partial<Commit>;
  return {
    wake,
    ...(typeof startedAt === 'number' ? { startedAt } : {}),
    ...(typeof attributes === 'object' && attributes ? { attributes } : {}),
    ...(Array.isArray(retains) ? { retains } : {}),
  };
}

/** Whether the bytes after the last newline are more than the start of a line whose write was cut short. */
export function isOverrun(rest: Buffer): boolean {
  return overrunPattern.test(rest.toString('latin1'));
}

/** The version of a line, without decoding it. */
export function versionOfLine(bytes: Buffer): number {
  const match = /"version":(\d{1,16})/.exec(bytes.toString('latin1', 0, 80));
  return match ? Number(match[1]) : 0;
}

export function isWakeLine(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 11) === '{"version":';
}
