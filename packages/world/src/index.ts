export * as worldErrors from './errors.ts';
export { WorldError, type WorldErrorCode } from './errors.ts';
export * from './event.ts';
export {
  type Checked,
  copyEvent,
  isEvent,
  parseEvent,
  parseSentEvent,
  sendableTypes,
} from './event-check.ts';
export { idSchema, isId, isProgramHash, tokenSchema } from './event-fields.ts';
export * from './fold.ts';
export type { Payload } from './payload.ts';
export type * from './world.ts';
