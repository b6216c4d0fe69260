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

/** The offered steps of a memory world: each call is one synchronous turn. */
export class MemorySteps implements Steps {
  readonly #live: LiveSteps;
  readonly #open: () => void;

  constructor(live: LiveSteps, open: () => void) {
    this.#live = live;
    this.#open = open;
  }

  async claim(request: ClaimStepsRequest): Promise<ClaimedSteps> {
    this.#open();
    return this.#live.claim(request);
  }

  async finish(claim: StepClaim, outcome: StepOutcome): Promise<FinishResult> {
    this.#open();
    return this.#live.finish(claim, outcome);
  }

  async renew(
    request: ClaimRequest & { readonly claims: readonly StepClaim[] },
  ): Promise<{ readonly lost: StepClaim[] }> {
    this.#open();
    return this.#live.renew(request);
  }

  async release(claims: readonly StepClaim[]): Promise<void> {
    this.#open();
    this.#live.release(claims);
  }
}
