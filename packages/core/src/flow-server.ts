/**
 * The HTTP route that drives what is due, for push delivery, and tells how the process stands.
 *
 * `POST`: `{ runs: [{ runId, status }], more }`. `GET`: a `Health`, with 503 when it is none. Refusals: `{ error, code }`.
 * Only signed requests pass; unsigned ones where the process runs in development and the caller is on this machine.
 */
import { type BodyLimits, readBody } from './bounded-body.ts';
import {
  driveRequestInvalid,
  signatureRefused,
  signingKeysMissing,
  tooManyDrives,
} from './channel-messages.ts';
import type { ProcessKind } from './config.ts';
import type { Driven, DriveRequest } from './drive-due.ts';
import type { Health } from './health.ts';
import type { Key } from './payload/cipher.ts';
import { SignatureGuard, signatureHeader } from './request-signature.ts';

export const flowPath = '/.well-known/workflow/v1/flow';

const bodyLimits: BodyLimits = { bytesMax: 4_096, timeoutMs: 10_000 };
const drivesAtOnceMax = 4;
const driveDefaults: DriveRequest = { limit: 16, timeoutMs: 20_000 };
const driveMax: DriveRequest = { limit: 256, timeoutMs: 55_000 };

export interface FlowOptions {
  readonly keys: readonly Key[];
  readonly process: ProcessKind;
  readonly clock: () => number;
  readonly drive: (request: DriveRequest) => Promise<Driven>;
  readonly health: () => Promise<Health>;
}

export class FlowServer {
  readonly #options: FlowOptions;
  readonly #guard: SignatureGuard;
  #driving = 0;

  constructor(options: FlowOptions) {
    this.#options = options;
    this.#guard = new SignatureGuard(options.keys, options.clock);
  }

  /** `peer` is the address of who is connected, where it is known. Throws what is refused. */
  async handle(request: Request, peer: string | undefined): Promise<Response> {
    let body: Promise<Uint8Array> | undefined;
    const read = (): Promise<Uint8Array> => {
      body ??= readBody(request, bodyLimits);
      return body;
    };
    await this.#authenticate(request, peer, read);
    if (request.method === 'GET') return this.#health();
    if (request.method === 'POST') return this.#drive(requestIn(await read()));
    return new Response(null, { status: 405, headers: { allow: 'GET, POST' } });
  }

  async #authenticate(
    request: Request,
    peer: string | undefined,
    read: () => Promise<Uint8Array>,
  ): Promise<void> {
    const { keys, process } = this.#options;
    const signed = request.headers.has(signatureHeader);
    if (!signed && process === 'development' && isLocal(request, peer)) return;
    if (keys.length === 0)
      throw process === 'development' ? signatureRefused('MISSING') : signingKeysMissing();
    const refusal = await this.#guard.refusalOf(request, read);
    if (refusal) throw refusal;
  }

  async #health(): Promise<Response> {
    const health = await this.#options.health();
    return Response.json(health, { status: health.healthy ? 200 : 503 });
  }

  async #drive(request: DriveRequest): Promise<Response> {
    if (this.#driving >= drivesAtOnceMax) throw tooManyDrives(drivesAtOnceMax);
    this.#driving += 1;
    try {
      return Response.json(await this.#options.drive(request));
    } finally {
      this.#driving -= 1;
    }
  }
}

/** Throws DRIVE_REQUEST_INVALID. */
function requestIn(body: Uint8Array): DriveRequest {
  if (body.length === 0) return driveDefaults;
  let given: unknown;
  try {
    given = JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw driveRequestInvalid(driveMax);
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw driveRequestInvalid(driveMax);
  const entries = Object.entries(given).map(([name, value]) => {
    const max = Object.hasOwn(driveMax, name) ? driveMax[name as keyof DriveRequest] : 0;
    if (!Number.isSafeInteger(value) || value < 1 || value > max) throw driveRequestInvalid(driveMax);
    return [name, value] as const;
  });
  return { ...driveDefaults, ...Object.fromEntries(entries) };
}

const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];
const loopbackPeers = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/;
const forwarded: readonly string[] = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/**
 * Whether a program on this machine asks: not a proxy here for somebody elsewhere, and not a page in a browser here, which
 * could reach this address for anybody.
 */
function isLocal({ url, headers }: Request, peer: string | undefined): boolean {
  return (
    peer !== undefined &&
    loopbackPeers.test(peer) &&
    loopbackHosts.includes(new URL(url).hostname) &&
    !forwarded.some((name) => headers.has(name)) &&
    !headers.has('origin') &&
    !headers.has('sec-fetch-site')
  );
}
