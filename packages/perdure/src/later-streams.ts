/** Streams of a run before the runtime that they need is there: they fetch it when they are used first. */
import type { RunReadable } from '@perdure/core';

/** A stream that begins when somebody reads. */
export function laterReadable<T>(make: () => Promise<RunReadable<T>>): RunReadable<T> {
  let made: Promise<RunReadable<T>> | undefined;
  let reader: ReadableStreamDefaultReader<T> | undefined;
  const source = (): Promise<RunReadable<T>> => {
    made ??= make();
    return made;
  };
  const stream = new ReadableStream<T>(
    {
      async pull(controller) {
        reader ??= (await source()).getReader();
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return Object.assign(stream, { getTailIndex: async () => (await source()).getTailIndex() });
}

export function laterWritable<T>(make: () => Promise<WritableStream<T>>): WritableStream<T> {
  let made: Promise<WritableStreamDefaultWriter<T>> | undefined;
  const writer = (): Promise<WritableStreamDefaultWriter<T>> => {
    made ??= make().then((stream) => stream.getWriter());
    return made;
  };
  return new WritableStream<T>({
    write: async (chunk) => (await writer()).write(chunk),
    close: async () => (await writer()).close(),
    abort: async (reason) => (await writer()).abort(reason),
  });
}
