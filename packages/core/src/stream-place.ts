/** Which stream of which run a stream object stands for. */

/** Name of the stream that a run has without naming one. */
export const defaultStream = 'default';

/** Where a stream lies. */
export interface StreamPlace extends ReadOptions {
  readonly runId: string;
  readonly name: string;
}

export interface ReadOptions {
  /** Index of the first chunk; negative: counted from the end. Default 0. */
  readonly startIndex?: number;
}

/** A stream that also knows how far it goes. */
export type RunReadable<T> = ReadableStream<T> & {
  /** Index of the last chunk; -1 before the first. */
  getTailIndex(): Promise<number>;
};

const places = new WeakMap<object, StreamPlace>();

/** Where a stream that was made here lies; undefined for any other. */
export function placeOf(stream: object): StreamPlace | undefined {
  return places.get(stream);
}

/** Notes that a stream stands for one of a run. */
export function notePlace(stream: object, place: StreamPlace): void {
  places.set(stream, place);
}
