/** The token of a hook, by itself or as part of what `createHook` or `getHookByToken` gave. */
export function tokenOf(hook: string | { readonly token: string }): string {
  return typeof hook === 'object' && hook !== null ? hook.token : hook;
}
