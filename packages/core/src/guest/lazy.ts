/** Globals that cost nothing until they are used: a run that needs no URL should not pay for one. */

export function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/** A global that is built at its first use, and then is what it would have been. */
export function defineLazily(name: string, build: () => unknown): void {
  Object.defineProperty(globalThis, name, {
    get() {
      const value = build();
      define(name, value);
      return value;
    },
    set: (value) => define(name, value),
    configurable: true,
    enumerable: false,
  });
}

/** The same value on every call, built on the first. */
export function once<T>(build: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: build() };
    return made.value;
  };
}

/** A class under the name that a program knows it by. */
export function named<T extends { readonly prototype: object }>(cls: T, name: string): T {
  Object.defineProperty(cls, 'name', { value: name, configurable: true });
  Object.defineProperty(cls.prototype, Symbol.toStringTag, { value: name, configurable: true });
  return cls;
}
