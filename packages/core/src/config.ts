/** The only place where the engine reads the environment. */
import { optionInvalid } from './messages.ts';
import { Cipher, type Key, parseKeys } from './payload/cipher.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A copy of the environment as workflow code sees it. */
export function guestEnvironment(env: Environment = process.env): Readonly<Record<string, string>> {
  const copy: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && name !== 'WORKFLOW_ENCRYPTION_KEYS') copy[name] = value;
  }
  return Object.freeze(copy);
}

/** The keys given, or those of WORKFLOW_ENCRYPTION_KEYS; undefined when there are none. Throws KEYS_INVALID. */
export function cipherFrom(
  keys: readonly Key[] | undefined,
  env: Environment = process.env,
): Cipher | undefined {
  if (keys) return keys.length > 0 ? new Cipher(keys) : undefined;
  const text = env.WORKFLOW_ENCRYPTION_KEYS?.trim();
  return text ? new Cipher(parseKeys(text)) : undefined;
}

/** Whether this process drives runs: WORKFLOW_WORKER is `on` (default) or `off`. */
export function workerMode(given: 'on' | 'off' | undefined, env: Environment = process.env): 'on' | 'off' {
  if (given) return given;
  const text = env.WORKFLOW_WORKER?.trim() || 'on';
  if (text !== 'on' && text !== 'off') throw optionInvalid('WORKFLOW_WORKER', '"on" or "off"', text);
  return text;
}
