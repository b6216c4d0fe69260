/** The only place where the engine reads the environment. */
import { optionInvalid } from './messages.ts';
import { Cipher, checkKeys, type Key, parseKeys } from './payload/cipher.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const secrets: ReadonlySet<string> = new Set([
  'WORKFLOW_ENCRYPTION_KEYS',
  'WORKFLOW_SIGNING_KEYS',
  'WORKFLOW_POSTGRES_URL',
]);

/** A copy of the environment as workflow code sees it. */
export function guestEnvironment(env: Environment = process.env): Readonly<Record<string, string>> {
  const copy: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !secrets.has(name)) copy[name] = value;
  }
  return Object.freeze(copy);
}

/** Where this app is reached: what was given, else WORKFLOW_PUBLIC_URL, else port 3000 of this machine. Throws OPTION_INVALID. */
export function publicUrl(given: string | undefined, env: Environment = process.env): string {
  const text = given ?? env.WORKFLOW_PUBLIC_URL?.trim() ?? '';
  if (text === '') return 'http://localhost:3000';
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw optionInvalid('the public URL', 'an http or https URL', text);
  return text.replace(/\/+$/, '');
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

/** Keys of signed requests: those given, or of WORKFLOW_SIGNING_KEYS; the first one signs. Throws KEYS_INVALID. */
export function signingKeys(
  keys: readonly Key[] | undefined,
  env: Environment = process.env,
): readonly Key[] {
  const text = env.WORKFLOW_SIGNING_KEYS?.trim();
  return keys ? checkKeys([...keys]) : text ? parseKeys(text) : [];
}

/** What NODE_ENV says: only an explicit `development` or `test` trusts this machine. */
export type ProcessKind = 'development' | 'production' | 'unknown';

export function processKind(env: Environment = process.env): ProcessKind {
  if (env.NODE_ENV === 'development' || env.NODE_ENV === 'test') return 'development';
  return env.NODE_ENV === 'production' ? 'production' : 'unknown';
}

/** `on`: drives any run that is due; `registered`: runs of workflows that this process has loaded; `off`: none. */
export type WorkerMode = 'on' | 'registered' | 'off';

const workerModes: readonly string[] = ['on', 'registered', 'off'] satisfies WorkerMode[];

/** Which runs this process drives: what was given, else WORKFLOW_WORKER, else `on`. */
export function workerMode(given: WorkerMode | undefined, env: Environment = process.env): WorkerMode {
  const mode = given ?? (env.WORKFLOW_WORKER?.trim() || 'on');
  if (!workerModes.includes(mode))
    throw optionInvalid('WORKFLOW_WORKER', '"on", "registered" or "off"', mode);
  return mode as WorkerMode;
}
