/** Every message that a user can meet has a code, is in its package's files of messages, in docs/errors.md, and in a test. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
});
const files = listed.split('\n').filter((name) => /\.tsx?$/.test(name));
const read = (name: string): string => readFileSync(`${root}${name}`, 'utf8');

const isMessages = (name: string): boolean =>
  /^packages\/[^/]+\/src\/.*(messages|errors|diagnostics)\.ts$/.test(name);
const isTest = (name: string): boolean =>
  /\/(test|cases|conformance|fixtures)\//.test(name) || /^(test|workbench)\//.test(name);
const classes = /new (?:Perdure|Context|Limit|World|Cli|Fatal|Serialization|Payload)Error\(/;

const codes = new Set([
  ...files
    .filter(isMessages)
    .flatMap((name) => codesIn(name, /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|FATAL|RETRYABLE|DIVERGENCE)'/g)),
  // With the status that each has over HTTP.
  ...codesIn('packages/core/src/http-routes.ts', /\b([A-Z]+(?:_[A-Z]+)+): \d/g),
]);

function codesIn(name: string, pattern: RegExp): string[] {
  return [...read(name).matchAll(pattern)].map(([, code]) => code!);
}

test('errors are made in the files of messages only', () => {
  const made = files.filter(
    (name) => /^packages\/[^/]+\/src\//.test(name) && !isMessages(name) && classes.test(read(name)),
  );
  expect(made).toEqual([]);
});

test('every code is asserted by a test', () => {
  const tests = files
    .filter((name) => isTest(name) && name !== 'test/messages.test.ts')
    .map(read)
    .join('\n');
  expect(codes.size).toBeGreaterThan(90);
  expect([...codes].filter((code) => !new RegExp(`\\b${code}\\b`).test(tests))).toEqual([]);
});

test('docs/errors.md explains every code, and no other', () => {
  const text = read('docs/errors.md');
  const explained = new Set([...text.matchAll(/`([A-Z][A-Z0-9_]{4,})`/g)].map(([, code]) => code!));
  const cli = new Set(['UNEXPECTED']);
  expect([...codes].filter((code) => !explained.has(code))).toEqual([]);
  expect([...explained].filter((code) => !codes.has(code) && !cli.has(code))).toEqual([]);
});
