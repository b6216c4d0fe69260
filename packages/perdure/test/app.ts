/** Apps in temporary folders, as users write them: with the package installed, run by Node or by a bundler. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const packageRoot: string = fileURLToPath(new URL('..', import.meta.url));

export interface App {
  readonly root: string;
  path(file: string): string;
  write(files: Record<string, string>): void;
  /** Runs a file in a process of its own, on the memory world, and gives what it printed. */
  node(...args: string[]): Promise<{ stdout: string; stderr: string; failed: boolean }>;
}

/** `folder` is where the app is below the root, and where its processes run. */
export function makeApp(files: Record<string, string>, folder = '.'): App {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'perdure-app-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const path = (file: string): string => join(root, file);
  const write = (more: Record<string, string>): void => {
    for (const [file, text] of Object.entries(more)) {
      mkdirSync(dirname(path(file)), { recursive: true });
      writeFileSync(path(file), text);
    }
  };
  write({ 'package.json': '{ "name": "app", "type": "module" }', ...files });
  mkdirSync(path(join(folder, 'node_modules')), { recursive: true });
  symlinkSync(packageRoot, path(join(folder, 'node_modules/perdure')));
  const node = async (...args: string[]): Promise<{ stdout: string; stderr: string; failed: boolean }> => {
    const env = { ...process.env, WORKFLOW_TARGET_WORLD: 'memory', NODE_ENV: '' };
    try {
      return {
        ...(await promisify(execFile)(process.execPath, args, { cwd: path(folder), env })),
        failed: false,
      };
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      return { stdout, stderr, failed: true };
    }
  };
  return { root, path, write, node };
}

/** The last line that a process printed, as JSON. */
export function lastLine(stdout: string): unknown {
  return JSON.parse(stdout.trim().split('\n').at(-1) || 'null');
}

/** The text of a file that runs a workflow and prints its result, or how it failed. */
export function runsWorkflow(file: string, name = 'main', args = '[]'): string {
  return `import { start } from 'perdure/api';
import { close } from 'perdure/runtime';
import { ${name} } from './${file}';
const rootOf = (error: any): any => (error.cause ? rootOf(error.cause) : error);
const run = await start(${name}, ${args});
const outcome = await run.returnValue.then((result) => ({ result }), (error) => {
  const cause = error.cause ?? error;
  return { name: cause.name, code: cause.code, hint: cause.hint, message: cause.message, stack: cause.stack, causeStack: cause.cause?.stack, rootStack: rootOf(cause).stack };
});
console.log(JSON.stringify(outcome));
await close();`;
}
