/** What the codec has to know of the realm it runs in. */

/** A function that crosses by name: a step (with what it closes over) or a workflow. */
export interface FunctionReference {
  readonly kind: 'step' | 'workflow';
  readonly id: string;
  readonly closure?: unknown;
  /** Arguments that come before those of a call. */
  readonly bound?: readonly unknown[];
}

/** A class whose instances cross; `WORKFLOW_SERIALIZE` and `WORKFLOW_DESERIALIZE` are static methods, unless it is an Error. */
export type StoredClass = (new (...args: never[]) => object) & { readonly classId?: unknown };

/** A kind of object that crosses under a tag of its own. */
export interface StoredType {
  /** What stands for a value, an object or array; undefined when it is of another type. `tag` is its `Symbol.toStringTag`. */
  reduce(value: object, tag: string): object | undefined;
  /** The value again; throws for data that `reduce` cannot have given. */
  revive(data: unknown): unknown;
}

/** How a realm names its functions, classes and further types, and finds them again. */
export interface Realm {
  /** The part of a stack that is the user's business. Default: all of it. */
  stack?(text: string): string;
  describe(value: unknown): FunctionReference | undefined;
  resolve(reference: FunctionReference): unknown;
  /** Classes by the id that their static `classId` has. */
  readonly classes: ReadonlyMap<string, StoredClass>;
  /** Types beside the codec's own, by the tag that stands in the text. */
  readonly types: Readonly<Record<string, StoredType>>;
}
