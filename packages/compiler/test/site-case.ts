/** One way to write a site, and how it must behave on the host and in the program. */
export interface SiteCase {
  name: string;
  /** The text of `src/app.ts`. */
  source: string;
  /** All ids, without `//src/app//`, as `workflow:name` or `step:name`. */
  ids: string[];
  /** The workflow to run in the program, by name; `main` when left out. */
  workflow?: string;
  /** What the workflow returns, when every step is run by the host code of the same source. */
  result: unknown;
  /** The steps it calls, with what they capture. */
  calls: { step: string; closure?: Record<string, unknown> }[];
}
