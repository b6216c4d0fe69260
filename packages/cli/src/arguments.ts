import { parseArgs } from 'node:util';
import type { Command, Flag, Input } from './command.ts';
import {
  flagUnknown,
  flagValueMissing,
  flagValueUnused,
  positionalMissing,
  positionalUnused,
} from './messages.ts';

const helpFlag: Flag = { type: 'boolean', short: 'h' };

/** Reads the arguments of a command. Throws `CliError` for what it does not know. */
export function readArguments(command: Command, argv: readonly string[]): Input | 'help' {
  const flags: Record<string, Flag> = { ...command.flags, help: helpFlag };
  const { tokens } = parseArgs({
    args: [...argv],
    options: flags,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string | true> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (!flag) throw flagUnknown(command.name, rawName, Object.keys(flags));
    const isMissing = value === undefined || value === '' || (!inlineValue && /^-./.test(value));
    if (flag.type === 'string' && isMissing) throw flagValueMissing(command.name, rawName);
    if (flag.type === 'boolean' && value !== undefined) throw flagValueUnused(command.name, rawName, value);
    values[name] = value ?? true;
  }
  if (values.help) return 'help';
  checkPositionals(command, positionals);
  return { values, positionals };
}

function checkPositionals(command: Command, got: readonly string[]): void {
  const required = command.positionals.filter((name) => !name.startsWith('['));
  const missing = required[got.length];
  if (missing !== undefined) throw positionalMissing(command.name, missing);
  const unused = got[command.positionals.length];
  if (unused !== undefined) throw positionalUnused(command.name, unused);
}

/** The text of a flag; undefined when it is not given. */
export function textOf({ values }: Input, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}
