/**
 * The conformance suite: what every World must do, whatever it is made of.
 *
 * A store's test file hands in its test framework's `describe` and `it` and a way to make a world. Time is a
 * clock that the tests move; they never sleep, and they never rely on a hint.
 */
import { attributeTests } from './attributes.ts';
import { Bench, type Subject, type SubjectOptions, type Suite } from './bench.ts';
import { claimTests } from './claims.ts';
import { creationTests } from './creation.ts';
import { familyTests } from './families.ts';
import { fenceTests } from './fences.ts';
import { hintTests } from './hints.ts';
import { appendTests, historyTests } from './histories.ts';
import { keyTests } from './keys.ts';
import { lifecycleTests } from './lifecycle.ts';
import { listingTests } from './listing.ts';
import { offerTests } from './offers.ts';
import { payloadTests } from './payloads.ts';
import { programTests } from './programs.ts';
import { projectionTests } from './projections.ts';
import { retentionTests } from './retention.ts';
import { sendTests } from './sends.ts';
import { streamNameTests } from './stream-names.ts';
import { streamTests } from './streams.ts';
import { tokenTests } from './tokens.ts';
import { uniquenessTests } from './uniqueness.ts';

export type { Subject, SubjectOptions } from './bench.ts';

export interface TestFramework {
  readonly describe: (name: string, body: () => void) => void;
  readonly it: (name: string, body: () => Promise<void>) => void;
}

export interface ConformanceOptions {
  /** Names the store in the test titles. */
  readonly name: string;
  /** Makes an empty world that takes its time from `clock`. */
  readonly make: (options: SubjectOptions) => Promise<Subject> | Subject;
}

const suites: ReadonlyArray<readonly [string, Suite]> = [
  ['W1 histories', historyTests],
  ['W2 appends', appendTests],
  ['W3 fences', fenceTests],
  ['W4 outcomes', uniquenessTests],
  ['W4 tokens', tokenTests],
  ['W4 kept tokens', retentionTests],
  ['W4 keys', keyTests],
  ['W5 sends', sendTests],
  ['W6 claims', claimTests],
  ['W7 hints', hintTests],
  ['W8 payloads and names', payloadTests],
  ['creation', creationTests],
  ['attributes', attributeTests],
  ['children, aborts and waking', familyTests],
  ['listing', listingTests],
  ['projections', projectionTests],
  ['programs', programTests],
  ['O1 to O5 offered steps', offerTests],
  ['S1 to S4 streams', streamTests],
  ['S3 names of streams', streamNameTests],
  ['lifecycle', lifecycleTests],
];

/** Registers the whole suite for one store. */
export function worldConformance(framework: TestFramework, options: ConformanceOptions): void {
  const register = (suite: Suite) => {
    for (const [name, body] of Object.entries(suite)) {
      framework.it(name, async () => {
        const bench = await Bench.open(options.make);
        try {
          await body(bench);
        } finally {
          await bench.close();
        }
      });
    }
  };
  framework.describe(`${options.name} world`, () => {
    for (const [title, suite] of suites) framework.describe(title, () => register(suite));
  });
}
