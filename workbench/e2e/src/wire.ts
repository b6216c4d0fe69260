/** What the suite's two halves agree on: calls as POST, their values as the engine's own text; streams as lines. */

export const driverPath = '/driver/';
/** Status of an answer that is what the call threw. */
export const thrownStatus = 422;

/** One line of a stream: a chunk, or what reading it threw, each as the engine's text. */
export const lineKinds = { chunk: 'c', error: 'e' } as const;
