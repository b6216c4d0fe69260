/**
 * Values as plain JSON, one way: what JSON knows stays as it is, the rest becomes what a reader of JSON expects.
 *
 * The README holds the table of it.
 */
/** Undefined where there is nothing to render: it is left out of objects and null in arrays. */
export function jsonValue(value: unknown, path: ReadonlySet<object> = new Set()): unknown {
  switch (typeof value) {
    case 'bigint':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'symbol':
      return String(value);
    case 'function':
      return functionId(value);
    case 'object':
      return value === null ? null : objectValue(value, path);
    default:
      return value;
  }
}

function functionId(value: object): string {
  const { stepId, workflowId, name } = value as Record<string, unknown>;
  return String(stepId ?? workflowId ?? name);
}

function objectValue(value: object, path: ReadonlySet<object>): unknown {
  if (path.has(value)) return '(circular)';
  const inner = new Set(path).add(value);
  const child = (item: unknown) => jsonValue(item, inner);
  if (Array.isArray(value)) return Array.from(value, (item) => child(item) ?? null);
  if (value instanceof Map)
    return Array.from(value, ([key, item]) => [child(key) ?? null, child(item) ?? null]);
  if (value instanceof Set) return Array.from(value, (item) => child(item) ?? null);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Error) return errorValue(value, child);
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  }
  if (isTextual(value)) return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, child(item)]));
}

function errorValue(error: Error, child: (item: unknown) => unknown): Record<string, unknown> {
  const { name, message, cause } = error;
  return {
    ...Object.fromEntries(Object.entries(error).map(([key, item]) => [key, child(item)])),
    name: String(name),
    message: String(message),
    ...(cause === undefined ? {} : { cause: child(cause) }),
    ...(error instanceof AggregateError ? { errors: child([...error.errors]) } : {}),
  };
}

/** Built-ins that are written as text: RegExp, URL, Temporal, boxed primitives. */
function isTextual(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype && value.toString !== Object.prototype.toString;
}
