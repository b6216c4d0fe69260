/** The suite: every case, by what it is about. */
import type { Case } from './app.ts';
import { abortCases } from './cases/abort.ts';
import { classCases } from './cases/classes.ts';
import { errorCases } from './cases/errors.ts';
import { fetchCases } from './cases/fetches.ts';
import { givenStreamCases } from './cases/given-streams.ts';
import { hookCases } from './cases/hooks.ts';
import { offerCases } from './cases/offers.ts';
import { referenceCases } from './cases/references.ts';
import { runCases } from './cases/runs.ts';
import { stepCases } from './cases/steps.ts';
import { streamCases } from './cases/streams.ts';
import { timeCases } from './cases/time.ts';
import { webhookCases } from './cases/webhooks.ts';

export const suites: Readonly<Record<string, readonly Case[]>> = {
  steps: stepCases,
  offers: offerCases,
  errors: errorCases,
  time: timeCases,
  hooks: hookCases,
  runs: runCases,
  abort: abortCases,
  streams: streamCases,
  'given streams': givenStreamCases,
  fetch: fetchCases,
  webhooks: webhookCases,
  classes: classCases,
  references: referenceCases,
};
