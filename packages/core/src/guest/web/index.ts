/** The web's classes. A context evaluates none of it before one of them is looked at: exports are functions. */
export { blobClass, fileClass } from './blob.ts';
export { workflowCrypto } from './crypto.ts';
export { customEventClass, eventClass, eventTargetClass } from './event-target.ts';
export { formDataClass } from './form-data.ts';
export { headersClass } from './headers.ts';
export { requestClass } from './request.ts';
export { responseClass } from './response.ts';
export { searchParamsClass } from './search-params.ts';
export { webType } from './stored.ts';
export { transformStreamClass } from './streams.ts';
export { textDecoderClass, textEncoderClass } from './text-coding.ts';
export { urlClass } from './url.ts';
