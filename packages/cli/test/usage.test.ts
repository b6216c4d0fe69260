import { expect, test } from 'vitest';
import { call, directory } from './harness.ts';

const workflow = `export async function one() { 'use workflow'; }`;

const refused: Readonly<Record<string, readonly [argv: string[], code: string]>> = {
  'no command': [[], 'COMMAND_MISSING'],
  'an unknown command': [['walk'], 'COMMAND_UNKNOWN'],
  'a group without a command': [['inspect'], 'COMMAND_UNKNOWN'],
  'an unknown command of a group': [['inspect', 'dogs'], 'COMMAND_UNKNOWN'],
  'an unknown flag': [['run', 'one.ts#one', '--loud'], 'FLAG_UNKNOWN'],
  'an unknown short flag': [['check', '-x'], 'FLAG_UNKNOWN'],
  'a flag of another command': [['inspect', 'run', 'x', '--limit', '3'], 'FLAG_UNKNOWN'],
  'a flag without its value': [['run', 'one.ts#one', '--args'], 'FLAG_VALUE_MISSING'],
  'a flag where a value belongs': [['run', 'one.ts#one', '--args', '--json'], 'FLAG_VALUE_MISSING'],
  'a value for a flag that takes none': [['check', '--json=yes'], 'FLAG_VALUE_UNUSED'],
  'a missing argument': [['run'], 'ARGUMENT_MISSING'],
  'one argument too many': [['inspect', 'run', 'x', 'y'], 'ARGUMENT_UNUSED'],
  'a file that is not there': [['run', 'two.ts#one'], 'FILE_MISSING'],
  'a directory as a file': [['run', '.#one'], 'FILE_MISSING'],
  'arguments that are no JSON': [['run', 'one.ts#one', '--args', '{'], 'ARGS_INVALID'],
  'arguments that are no array': [['run', 'one.ts#one', '--args', '{}'], 'ARGS_INVALID'],
  'a data directory for another world': [
    ['inspect', 'runs', '--world', 'memory', '--data-dir', 'd'],
    'DATA_DIR_UNUSED',
  ],
  'a limit of nothing': [['inspect', 'runs', '--limit', '0'], 'FLAG_INVALID'],
  'an unknown status': [['inspect', 'runs', '--status', 'done'], 'FLAG_INVALID'],
  'an unknown run': [['inspect', 'run', 'wrun_none', '--data-dir', 'd'], 'RUN_NOT_FOUND'],
  'an id that is a path': [['inspect', 'events', '../one', '--data-dir', 'd'], 'RUN_NOT_FOUND'],
  'a migration of a world without a schema': [['migrate', '--data-dir', 'd'], 'MIGRATIONS_NONE'],
  'a migration that is to be looked at in two ways': [['migrate', '--check', '--print'], 'FLAGS_CONFLICT'],
  'a removal from a world that keeps all': [
    ['prune', '--older-than', '1d', '--world', 'memory'],
    'RETENTION_NONE',
  ],
  'a removal of any age': [['prune'], 'FLAG_MISSING'],
  'a removal of an age that is none': [['prune', '--older-than', '30'], 'FLAG_INVALID'],
  'a removal of runs that have not ended': [
    ['prune', '--older-than', '1d', '--status', 'completed,running'],
    'FLAG_INVALID',
  ],
  'a removal by no batch': [['prune', '--older-than', '1d', '--batch', '0'], 'FLAG_INVALID'],
  'a directory to check that is not there': [['check', 'nowhere'], 'DIRECTORY_MISSING'],
};

for (const [what, [argv, code]] of Object.entries(refused)) {
  test(`${what} is told in one line on stderr, with exit code 2`, async () => {
    const result = await call(argv, directory({ 'one.ts': workflow }));
    expect(result).toMatchObject({ code: 2, out: '' });
    expect(result.err).toMatch(new RegExp(`^perdure: \\[${code}\\] Expected [^\\n]+\\n$`));
  });
}

test('what was typed cannot rewrite the terminal', async () => {
  const { err } = await call(['\u001b[2Jwalk\u202e'], directory());
  expect(err).not.toMatch(/(?!\n)\p{Cc}|\p{Bidi_Control}/u);
});

test('--help of the program, of a group and of each command goes to stdout', async () => {
  for (const words of [
    [],
    ['run'],
    ['inspect'],
    ['inspect', 'runs'],
    ['inspect', 'run'],
    ['inspect', 'events'],
    ['check'],
    ['migrate'],
    ['prune'],
  ]) {
    const { code, out, err } = await call([...words, '--help'], directory());
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(['perdure', ...words].join(' '));
  }
});

test('--version prints a version', async () => {
  expect(await call(['--version'], directory())).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
});
