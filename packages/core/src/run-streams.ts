/**
 * Streams of a run on the host: what steps and callers write and read, chunk by chunk, in the World.
 *
 * A write resolves when its chunk is durable, so that a slow store holds its writer back. A reader pulls what it can
 * take, waits for hints, and looks by itself now and then; it ends where the stream was closed, or with the run.
 */
import { isEnded, WorldError } from '@perdure/world';
import type { Engine } from './engine.ts';
import { WorkflowRunNotFoundError } from './errors.ts';
import { unwrapChunk, wrapChunk } from './payload/chunk.ts';
import { readingThrough } from './payload/reading.ts';
import { StreamFailure } from './payload/stream-failure.ts';

/** Name of the stream that a run has without naming one. */
export const defaultStream = 'default';

const chunksPerRead = 64;
const lookMs = 500;

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

type StreamEngine = Pick<Engine, 'world' | 'envelope' | 'streaming'>;

const places = new WeakMap<object, StreamPlace>();

/** Where a stream that was made here lies; undefined for any other. */
export function placeOf(stream: object): StreamPlace | undefined {
  return places.get(stream);
}

/** Notes that a stream stands for one of a run. */
export function notePlace(stream: object, place: StreamPlace): void {
  places.set(stream, place);
}

function refusal(error: unknown, runId: string): unknown {
  return WorldError.is(error) && error.code === 'RUN_NOT_FOUND' ? new WorkflowRunNotFoundError(runId) : error;
}

export function writableOf<T>(engine: StreamEngine, place: StreamPlace): WritableStream<T> {
  const { world, envelope, streaming } = engine;
  const { runId, name } = place;
  streaming.add(runId);
  const stream = new WritableStream<T>({
    async write(chunk) {
      try {
        await world.streams.append(runId, name, [wrapChunk(chunk, envelope, place)]);
      } catch (error) {
        throw refusal(error, runId);
      }
    },
    close: () => world.streams.close(runId, name),
  });
  places.set(stream, place);
  return stream;
}

/** Waits for news of one stream, from the first time it is asked until it is told to stop. */
class News {
  readonly #watch: (listener: () => void) => () => void;
  #unwatch: (() => void) | undefined;
  #wake: (() => void) | undefined;
  #fresh = false;

  constructor(watch: (listener: () => void) => () => void) {
    this.#watch = watch;
  }

  /** What comes from now on counts as news: called before looking. */
  begin(): void {
    this.#fresh = false;
    this.#unwatch ??= this.#watch(() => {
      this.#fresh = true;
      this.#wake?.();
    });
  }

  /** Resolves with the next news, or after a while. */
  async next(): Promise<void> {
    if (this.#fresh) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, lookMs);
    await promise;
    clearTimeout(timer);
  }

  stop(): void {
    this.#unwatch?.();
    this.#wake?.();
  }
}

export function readableOf<T>(
  engine: StreamEngine & Pick<Engine, 'client'>,
  place: StreamPlace,
): RunReadable<T> {
  const { world } = engine;
  const { runId, name } = place;
  const news = new News((listener) => world.streams.watch(runId, name, listener));
  let next = place.startIndex ?? 0;
  let state: 'reading' | 'over' = 'reading';
  const end = (): void => {
    state = 'over';
    news.stop();
  };
  /** Chunks that come next; none at the end. */
  async function take(): Promise<unknown[]> {
    while (state === 'reading') {
      news.begin();
      const page = await world.streams.read(runId, name, { from: next, limit: chunksPerRead });
      if (page.chunks.length > 0) {
        next = page.chunks.at(-1)!.index + 1;
        return readingThrough(engine.client, () =>
          page.chunks.map(({ data }) => unwrapChunk(data, engine.envelope, place)),
        );
      }
      if (page.closed || (await hasEnded(engine, runId, next, name))) break;
      await news.next();
    }
    return [];
  }
  const source = {
    async pull(controller: ReadableStreamDefaultController<T>): Promise<void> {
      try {
        const chunks = await take();
        for (const chunk of chunks) {
          if (chunk instanceof StreamFailure) throw chunk.error;
          controller.enqueue(chunk as T);
        }
        if (chunks.length > 0 || state === 'over') return;
      } catch (error) {
        end();
        throw refusal(error, runId);
      }
      end();
      controller.close();
    },
    cancel: end,
  };
  // Nothing is read, and nobody watched, before somebody asks for a chunk.
  const stream = new ReadableStream<T>(source, { highWaterMark: 0 });
  places.set(stream, place);
  const getTailIndex = async (): Promise<number> => ((await world.streams.info(runId, name))?.tail ?? 0) - 1;
  return Object.assign(stream, { getTailIndex });
}

/** Whether the run is over and everything of its stream was read: who drove it may have died before closing it. */
async function hasEnded(
  { world }: StreamEngine,
  runId: string,
  next: number,
  name: string,
): Promise<boolean> {
  const run = await world.runs.get(runId);
  if (!run || !isEnded(run.status)) return false;
  return next >= ((await world.streams.info(runId, name))?.tail ?? 0);
}

/** Closes what a run that ended left open. */
export async function closeStreams({ world, streaming }: StreamEngine, runId: string): Promise<void> {
  if (!streaming.delete(runId)) return;
  for (const { name, closed } of await world.streams.list(runId)) {
    if (!closed) await world.streams.close(runId, name);
  }
}
