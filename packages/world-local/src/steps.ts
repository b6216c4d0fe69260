import type {
  ClaimedSteps,
  ClaimRequest,
  ClaimStepsRequest,
  FinishResult,
  StepClaim,
  StepOutcome,
  Steps,
} from '@perdure/world';
import type { LiveSteps } from '@perdure/world/live';
import type { Driver } from './driver.ts';
import type { Histories } from './histories.ts';

export interface LocalStepsOptions {
  readonly live: LiveSteps;
  readonly driver: Driver;
  readonly histories: Histories;
  /** Throws WORLD_CLOSED once the world is closed. */
  readonly open: () => void;
}

/** The offered steps of a data directory: those of the runs that this process drives, which it alone hands out. */
export class LocalSteps implements Steps {
  readonly #options: LocalStepsOptions;

  constructor(options: LocalStepsOptions) {
    this.#options = options;
  }

  async claim(request: ClaimStepsRequest): Promise<ClaimedSteps> {
    const { live, driver, open } = this.#options;
    open();
    // Who drives is asked for runs first: it says when to look again.
    if (!driver.driveToWork()) return { claimed: [], nextDueAt: null };
    const result = live.claim(request);
    // Nobody acts on what a power failure could still undo.
    await this.#durable(result.claimed.map(({ claim }) => claim.runId));
    return result;
  }

  async finish(claim: StepClaim, outcome: StepOutcome): Promise<FinishResult> {
    this.#options.open();
    // Claims end with driving: where this process does not, the history alone tells.
    const result = this.#options.live.finish(claim, outcome);
    await this.#durable([claim.runId]);
    return result;
  }

  async renew(
    request: ClaimRequest & { readonly claims: readonly StepClaim[] },
  ): Promise<{ readonly lost: StepClaim[] }> {
    this.#options.open();
    return this.#options.live.renew(request);
  }

  async release(claims: readonly StepClaim[]): Promise<void> {
    this.#options.open();
    this.#options.live.release(claims);
  }

  async #durable(runIds: readonly string[]): Promise<void> {
    const { histories } = this.#options;
    await Promise.all(runIds.map((runId) => histories.durable(runId)));
  }
}
