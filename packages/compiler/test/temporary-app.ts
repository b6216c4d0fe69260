import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { inflateRawSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { buildProgram, type GuestOptions, type Program } from '../src/index.ts';

const guestFile: string = fileURLToPath(new URL('./fixtures/guest.mjs', import.meta.url));

/** The guest runtime of these tests. */
export const guest: GuestOptions = { entry: guestFile, aliases: { perdure: guestFile, workflow: guestFile } };

/** An app in a temporary folder, removed when the test ends. */
export interface TemporaryApp {
  root: string;
  path: (file: string) => string;
  write: (file: string, text: string) => void;
  build: (...entries: string[]) => Promise<Program>;
}

export function temporaryApp(files: Record<string, string>): TemporaryApp {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'perdure-compiler-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const path = (file: string) => join(root, file);
  const write = (file: string, text: string) => {
    mkdirSync(dirname(path(file)), { recursive: true });
    writeFileSync(path(file), text);
  };
  write('package.json', '{ "name": "app", "type": "module" }');
  for (const [file, text] of Object.entries(files)) write(file, text);
  const build = (...entries: string[]) => buildProgram({ root, entries: entries.map(path), guest });
  return { root, path, write, build };
}

/** One call of a step proxy. */
export interface StepCall {
  id: string;
  args: unknown[];
  closure?: Record<string, unknown>;
  maxRetries?: number;
}

/** What the fixture guest records. */
export interface GuestState {
  workflows: Map<string, (...args: unknown[]) => Promise<unknown>>;
  classes: Map<string, new (...args: never[]) => object>;
  calls: StepCall[];
  budget: number;
  run: ((call: StepCall) => unknown) | undefined;
}

/** Loads a program into a fresh context. */
export function load(program: Program): GuestState {
  const context = vm.createContext({});
  const packed = /\n\/\/# perdureGuest=(\S+)/.exec(program.code)?.[1] ?? '';
  vm.runInContext(inflateRawSync(Buffer.from(packed, 'base64')).toString(), context);
  new vm.Script(program.code, { filename: 'program.js' }).runInContext(context);
  return (context as { guest: GuestState }).guest;
}

/** Runs a workflow of a program and gives its result. */
export async function run(state: GuestState, id: string, ...args: unknown[]): Promise<unknown> {
  const workflow = state.workflows.get(id);
  if (!workflow) throw new Error(`no workflow ${id}, but ${[...state.workflows.keys()].join(', ')}`);
  return await workflow(...args);
}

/** Objects of another realm, as plain data of this one. */
export function plain<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
