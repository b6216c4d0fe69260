/** Texts of errors that the web's own objects throw in a workflow. */
import { ContextError } from '../../errors.ts';

export function notAUrl(got: unknown): TypeError {
  const error = new TypeError(
    `Expected a URL, got ${JSON.stringify(String(got))}; a relative one needs a base.`,
  );
  return Object.assign(error, { code: 'ERR_INVALID_URL', input: String(got) });
}

export function notPairs(what: string): TypeError {
  return new TypeError(`Expected pairs of a name and a value for ${what}.`);
}

export function headerInvalid(what: 'name' | 'value', got: string): TypeError {
  return new TypeError(`Expected the ${what} of a header, got ${JSON.stringify(got)}.`);
}

export function bodyUsed(): TypeError {
  return new TypeError('The body was read already: clone() before reading it twice.');
}

export function bodyNotAllowed(what: string): TypeError {
  return new TypeError(`${what} has no body.`);
}

export function notForm(): TypeError {
  return new TypeError('The body is no form: its content-type says otherwise, or it is malformed.');
}

export function statusInvalid(got: unknown): RangeError {
  return new RangeError(`Expected a status from 200 to 599, got ${String(got)}.`);
}

export function methodInvalid(got: string): TypeError {
  return new TypeError(`Expected an HTTP method, got ${JSON.stringify(got)}.`);
}

export function encodingUnknown(label: string): RangeError {
  return new RangeError(`Expected utf-8, utf-16le or latin1 in a workflow, got ${JSON.stringify(label)}.`);
}

export function textMalformed(encoding: string): TypeError {
  return Object.assign(new TypeError(`The bytes are no ${encoding}.`), {
    code: 'ERR_ENCODING_INVALID_ENCODED_DATA',
  });
}

export function inStep(what: string): ContextError {
  return new ContextError(
    'ONLY_IN_STEP',
    `${what} does not work in a workflow.`,
    'Do it in a function with "use step".',
  );
}

export function algorithmUnknown(got: string): string {
  return `Expected SHA-1, SHA-256, SHA-384 or SHA-512, got ${JSON.stringify(got)}.`;
}
