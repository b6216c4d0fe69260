export type { AttributeChanges, Attributes } from './attributes.ts';
export * as worldErrors from './errors.ts';
export { WorldError, type WorldErrorCode, type WorldErrorOptions } from './errors.ts';
export * from './event.ts';
export {
  type Checked,
  copyEvent,
  isEvent,
  parseEvent,
  parseSentEvent,
  sendableTypes,
} from './event-check.ts';
export { idSchema, isId, isProgramHash, payloadFieldsOf, tokenSchema } from './event-fields.ts';
export { apply, begin, fold } from './fold.ts';
export * from './limits.ts';
export type { Payload } from './payload.ts';
export * from './projection.ts';
export { type CutOff, restart, restartTime } from './restart.ts';
export type * from './steps.ts';
export type * from './streams.ts';
export { type Waiting, waitingFor } from './waiting.ts';
export type * from './world.ts';
