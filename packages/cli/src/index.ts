export type { CliContext, GuestModules } from './context.ts';
export { main } from './main.ts';
