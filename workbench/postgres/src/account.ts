/** Postgres refuses to run as root: then it runs as somebody who has fewer rights. */
import { readFileSync } from 'node:fs';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Whom the server runs as: undefined for the process's own user, who is not root. */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const accounts = new Map(lines.map((line) => [line.split(':')[0], line.split(':')]));
  const entry = accounts.get('postgres') ?? accounts.get('nobody');
  if (!entry)
    throw new Error('Expected a user postgres or nobody in /etc/passwd, to run Postgres as; got none.');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}
