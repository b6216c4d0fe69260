import { execFile } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { promisify } from 'node:util';

export interface Command {
  readonly cwd: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** The environment of a shell: nothing of the test runner or of a world under test, and the same Node. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_ENV|NODE_OPTIONS|WORKFLOW_)/.test(name),
  );
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return { ...Object.fromEntries(own), PATH: path, TURBO_TELEMETRY_DISABLED: '1' };
}

/** Runs a command and gives its standard output; its failure tells all that was printed. */
export async function run({ cwd, command, args }: Command): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      cwd,
      env: environment(),
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${[command, ...args].join(' ')} failed\n${stdout ?? ''}${stderr ?? ''}`, {
      cause: error,
    });
  }
}

/** The pnpm that runs these tests, if one does; else the one that everybody here uses. */
const pnpmCommand: readonly string[] = environment().npm_config_user_agent?.startsWith('pnpm/')
  ? ['pnpm']
  : ['npx', '-y', '--prefer-offline', '--fetch-retries=0', 'pnpm@12'];

export function pnpm(cwd: string, ...args: string[]): Promise<string> {
  const [command, ...first] = pnpmCommand;
  return run({ cwd, command: command!, args: [...first, ...args] });
}

export function node(cwd: string, ...args: string[]): Promise<string> {
  return run({ cwd, command: process.execPath, args });
}

export function npx(cwd: string, ...args: string[]): Promise<string> {
  return run({ cwd, command: 'npx', args });
}
