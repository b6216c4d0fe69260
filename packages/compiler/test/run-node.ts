import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { guest, type TemporaryApp } from './temporary-app.ts';

/** Runs a file of an app in a Node process and gives what it printed, as JSON. */
export async function runNode(app: TemporaryApp, file: string, args: string[] = []): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [...args, app.path(file)], {
    cwd: app.root,
  });
  return JSON.parse(stdout);
}

/** The same under the Node hooks. */
export async function runHooked(app: TemporaryApp, file: string, options: object = {}): Promise<unknown> {
  const register = new URL('./fixtures/register.mjs', import.meta.url);
  register.search = encodeURIComponent(JSON.stringify({ root: app.root, guest, ...options }));
  return await runNode(app, file, ['--import', register.href]);
}
