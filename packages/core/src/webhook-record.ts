/** What a webhook's hook and payloads hold, the same on both sides of the sandbox. */

/** How a webhook answers: at once with 202, at once with a fixed response, or when somebody calls `respondWith`. */
export type ReplyMode = 'default' | 'static' | 'manual';

/** Metadata of a hook that is a webhook. */
export interface WebhookMetadata {
  readonly reply: ReplyMode;
  /** The fixed response. */
  readonly response?: unknown;
  /** The user's. */
  readonly metadata?: unknown;
}

/** Where the answer to one request is waited for: a stream of the run. */
export interface ReplyPlace {
  readonly runId: string;
  readonly name: string;
}

export interface WebhookPayload {
  readonly request: unknown;
  readonly reply?: ReplyPlace;
}

/** Tokens that public routes serve are made up, and look like nothing a user would choose. */
export const webhookToken: RegExp = /^whk_[0-9a-f]{64}$/;
export const webhookPath = '/.well-known/workflow/v1/webhook/';
