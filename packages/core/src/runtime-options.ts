/** What an engine can be told, each option with its default. */
import type { World } from '@perdure/world';
import type { WorkerMode } from './config.ts';
import type { Limits } from './limits.ts';
import type { Key } from './payload/cipher.ts';
import type { ProgramSource } from './program.ts';
import type { LogLine } from './sandbox.ts';
import type { WebhookTimes } from './webhook-server.ts';
import type { WorkerOptions } from './worker.ts';

export interface RuntimeOptions extends Partial<WorkerOptions> {
  readonly world: World;
  /** The program new runs start on. Default: what compiled modules of this process declare. */
  readonly program?: ProgramSource | (() => Promise<ProgramSource>);
  /** Which runs this process drives: any that is due, those of workflows it has loaded, or none. Default: WORKFLOW_WORKER, else `on`. */
  readonly worker?: WorkerMode;
  /** Keys that seal payloads, the first one, and open them, all. Default: WORKFLOW_ENCRYPTION_KEYS. */
  readonly encryption?: readonly Key[];
  /** Keys of requests to the flow route. Default: WORKFLOW_SIGNING_KEYS. */
  readonly signing?: readonly Key[];
  /** How long requests to webhooks may take. Default: a minute to arrive; answers are waited for five minutes. */
  readonly webhooks?: Partial<WebhookTimes>;
  /** Bytes of text from which payloads are compressed. Default 16,384, sealed 4,096; Infinity never. */
  readonly compressFrom?: number;
  /** Executions kept between turns. Default 256; 0 replays every turn. */
  readonly maxResidentExecutions?: number;
  /** Step bodies running at once. Default 256. */
  readonly maxConcurrentSteps?: number;
  /** Loop iterations and calls of workflow code in one turn. Default 20,000,000. */
  readonly turnBudget?: number;
  /** Bounds to be other than their defaults. */
  readonly limits?: Partial<Limits>;
  /** Where this app is reached, for the URLs of webhooks. Default: WORKFLOW_PUBLIC_URL, else `http://localhost:3000`. */
  readonly publicUrl?: string;
  /** Whether results hydrated once are remembered for later replays. Default `on`. */
  readonly hydrationCache?: 'on' | 'off';
  /** Milliseconds since the epoch. Default the world's. */
  readonly clock?: () => number;
  /** What workflow code sees as `process.env`. Default a copy of the process's, without encryption keys. */
  readonly env?: Readonly<Record<string, string>>;
  readonly log?: (runId: string, line: LogLine) => void;
  readonly report?: (problem: string, error: unknown) => void;
}
