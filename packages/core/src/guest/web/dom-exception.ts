import { named, once } from '../lazy.ts';

const codes: readonly string[] = [
  'IndexSizeError',
  '',
  'HierarchyRequestError',
  'WrongDocumentError',
  'InvalidCharacterError',
  '',
  'NoModificationAllowedError',
  'NotFoundError',
  'NotSupportedError',
  'InUseAttributeError',
  'InvalidStateError',
  'SyntaxError',
  'InvalidModificationError',
  'NamespaceError',
  'InvalidAccessError',
  '',
  'TypeMismatchError',
  'SecurityError',
  'NetworkError',
  'AbortError',
  'URLMismatchError',
  'QuotaExceededError',
  'TimeoutError',
  'InvalidNodeTypeError',
  'DataCloneError',
];

const names = new WeakMap<object, string>();

export const domExceptionClass: () => typeof DOMException = once(() => {
  class WorkflowDOMException extends Error {
    constructor(message: unknown = '', options: unknown = 'Error') {
      const details = (typeof options === 'object' ? options : null) as {
        name?: unknown;
        cause?: unknown;
      } | null;
      super(String(message), details && 'cause' in details ? { cause: details.cause } : undefined);
      names.set(this, String(details ? (details.name ?? 'Error') : options));
    }
    get code(): number {
      return codes.indexOf(names.get(this) || '-') + 1;
    }
  }
  Object.defineProperty(WorkflowDOMException.prototype, 'name', {
    get(this: object) {
      return names.get(this) ?? 'Error';
    },
    configurable: true,
    enumerable: true,
  });
  for (const [i, name] of codes.entries()) {
    const key = `${name
      .replace(/Error$/, '')
      .replace(/([a-z])([A-Z])/g, '$1_$2')
      .toUpperCase()}_ERR`;
    if (name !== '')
      Object.defineProperty(WorkflowDOMException, key.replace('URLMISMATCH', 'URL_MISMATCH'), {
        value: i + 1,
      });
  }
  return named(WorkflowDOMException, 'DOMException') as unknown as typeof DOMException;
});
