export { viewPayload } from '@perdure/core';
