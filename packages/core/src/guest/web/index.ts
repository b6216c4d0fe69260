/**
 * The web's globals. A context evaluates this module when one of them is looked at, so it exports functions only, and
 * nothing of what it imports is imported by what every context evaluates.
 */
import type { StoredType } from '../../payload/codec.ts';
import { blobClass, fileClass } from './blob.ts';
import { workflowCrypto } from './crypto.ts';
import { customEventClass, eventClass, eventTargetClass } from './event-target.ts';
import { formDataClass } from './form-data.ts';
import { headersClass } from './headers.ts';
import { requestClass } from './request.ts';
import { responseClass } from './response.ts';
import { searchParamsClass } from './search-params.ts';
import { webTypes } from './stored.ts';
import { transformStreamClass } from './streams.ts';
import { textDecoderClass, textEncoderClass } from './text-coding.ts';
import { urlClass } from './url.ts';

export type WebGlobal =
  | 'crypto'
  | 'Blob'
  | 'CustomEvent'
  | 'Event'
  | 'EventTarget'
  | 'File'
  | 'FormData'
  | 'Headers'
  | 'Request'
  | 'Response'
  | 'TextDecoder'
  | 'TextEncoder'
  | 'TransformStream'
  | 'URL'
  | 'URLSearchParams';

const builders: Readonly<Record<WebGlobal, () => unknown>> = {
  crypto: workflowCrypto,
  Blob: blobClass,
  CustomEvent: customEventClass,
  Event: eventClass,
  EventTarget: eventTargetClass,
  File: fileClass,
  FormData: formDataClass,
  Headers: headersClass,
  Request: requestClass,
  Response: responseClass,
  TextDecoder: textDecoderClass,
  TextEncoder: textEncoderClass,
  TransformStream: transformStreamClass,
  URL: urlClass,
  URLSearchParams: searchParamsClass,
};

export function webGlobal(name: WebGlobal): unknown {
  return builders[name]();
}

export function webType(name: keyof typeof webTypes): StoredType {
  return webTypes[name];
}
