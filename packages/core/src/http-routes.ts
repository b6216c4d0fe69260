/** This package's routes. Answers carry no paths, stacks or payloads: the text and code of what is refused, and nothing of other errors. */
import { checkHead } from './bounded-body.ts';
import { LimitError, type PerdureError } from './errors.ts';
import { type FlowServer, flowPath } from './flow-server.ts';
import { webhookPath } from './webhook-record.ts';

export interface RequestDetails {
  /** Address of who is connected, where the server knows it: without it no request counts as one of this machine. */
  readonly peer?: string | undefined;
}

interface Routes {
  readonly flow: FlowServer;
  readonly webhook: (token: string, request: Request) => Promise<Response>;
  readonly report: (problem: string, error: unknown) => void;
}

const statusByCode: Readonly<Record<string, number>> = {
  HOOK_NOT_FOUND: 404,
  BODY_TOO_LARGE: 413,
  BODY_TOO_SLOW: 408,
  HEADERS_TOO_LARGE: 431,
  WEBHOOK_UNANSWERED: 502,
  WEBHOOK_ANSWER_LATE: 504,
  SIGNATURE_MISSING: 401,
  SIGNATURE_INVALID: 401,
  SIGNATURE_EXPIRED: 401,
  SIGNATURE_REPLAYED: 401,
  SIGNATURE_CROWDED: 429,
  SIGNING_KEYS_MISSING: 503,
  DRIVE_REQUEST_INVALID: 400,
  DRIVES_TOO_MANY: 429,
};

/** Undefined for a path that is the app's. */
export async function handleRequest(
  { flow, webhook, report }: Routes,
  request: Request,
  details: RequestDetails,
): Promise<Response | undefined> {
  const { pathname } = new URL(request.url);
  const isFlow = pathname === flowPath;
  if (!isFlow && !pathname.startsWith(webhookPath)) return undefined;
  try {
    checkHead(request);
    if (isFlow) return await flow.handle(request, details.peer);
    return await webhook(pathname.slice(webhookPath.length), request);
  } catch (error) {
    return refusal(error) ?? unexpected(error, report);
  }
}

function refusal(error: unknown): Response | undefined {
  const { code, message } = (error ?? {}) as Partial<PerdureError>;
  if (typeof code !== 'string' || !Object.hasOwn(statusByCode, code)) return undefined;
  const status = statusByCode[code]!;
  // A token is a secret, and a run id nobody else's business.
  const text =
    LimitError.is(error) || code.startsWith('SIGN') || code.startsWith('DRIVE') ? message : texts[code];
  return Response.json({ error: text, code }, { status });
}

const texts: Readonly<Record<string, string>> = {
  HOOK_NOT_FOUND: 'There is no such webhook.',
  BODY_TOO_SLOW: 'The body took too long.',
  WEBHOOK_UNANSWERED: 'Nobody answered.',
  WEBHOOK_ANSWER_LATE: 'Nobody answered in time.',
};

function unexpected(error: unknown, report: Routes['report']): Response {
  report('a request could not be taken', error);
  return Response.json({ error: 'The request could not be taken.', code: 'UNEXPECTED' }, { status: 500 });
}
