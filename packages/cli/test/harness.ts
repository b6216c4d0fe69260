/** Calls of the command line, in this process and through the real bin, in directories that go away again. */
import { execFile } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { World } from '@perdure/world';
import { createLocalWorld } from '@perdure/world-local';
import { createMemoryWorld } from '@perdure/world-memory';
import { onTestFinished } from 'vitest';
import { guestModules } from '../../perdure/src/guest.ts';
import { main } from '../src/index.ts';

export const binFile: string = fileURLToPath(new URL('../../perdure/src/bin.ts', import.meta.url));

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A directory outside of any package, for the time of one test. */
export function directory(files: Readonly<Record<string, string>> = {}): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'perdure-cli-')));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

class Sink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function createWorld(name: string, options: { readonly dataDir?: string }): Promise<World> {
  return name === 'memory' ? createMemoryWorld() : createLocalWorld(options);
}

/** Runs a command in this process; the commands that import files of an app need `bin`. */
export async function call(argv: readonly string[], cwd: string): Promise<Result> {
  const stdout = new Sink();
  const stderr = new Sink();
  const code = await main(argv, {
    createWorld,
    worldName: 'local',
    guest: guestModules(),
    hostModules: {},
    stdout,
    stderr,
    cwd,
  });
  return { code, out: stdout.text, err: stderr.text };
}

/** Runs a command as a person does. */
export function bin(
  argv: readonly string[],
  cwd: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Result> {
  const env = { ...process.env, ...variables };
  return new Promise((resolve) => {
    execFile(process.execPath, [binFile, ...argv], { cwd, env, timeout: 20_000 }, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err });
    });
  });
}

/** Everything below a directory: names, contents and times of change. */
export function contents(path: string): string[] {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => {
    const file = join(path, name);
    const stats = statSync(file);
    return `${name} ${stats.mtimeMs} ${stats.isFile() ? readFileSync(file, 'utf8') : ''}`;
  });
}

export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)!;
}
