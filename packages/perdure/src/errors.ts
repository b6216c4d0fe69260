export * from '@perdure/core/errors';
export { WorldError } from '@perdure/world';
