import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../src/main.ts', import.meta.url));

function e2e(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

it.each([
  [['--app', 'none'], 'e2e: Expected --app to be one of node, got "none".'],
  [['--world', 'moon'], 'e2e: Expected --world to be one of local, memory, postgres, got "moon".'],
  [['--mode', 'fast'], 'e2e: Expected --mode to be one of dev, prod, got "fast".'],
  [['--workers', '3'], 'e2e: Expected --workers to be a whole number from 1 to 1 on local, got "3".'],
  [['--what'], "e2e: Unknown option '--what'"],
])('%j is refused in one line, and nothing is started', async (args, message) => {
  const { code, stdout, stderr } = await e2e(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(message)]);
});

it('plays cases against the bundled app in production, one killed and started again among them', async () => {
  const { code, stdout, stderr } = await e2e('--mode', 'prod', '--only', 'step', '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { passed, failures, ...where } = JSON.parse(stdout) as Record<string, unknown>;
  expect(where).toEqual({ app: 'node', world: 'local', mode: 'prod', workers: 1 });
  expect(failures).toEqual([]);
  expect(passed).toBeGreaterThan(20);
}, 120_000);

it('a suite of nothing has not passed', async () => {
  expect((await e2e('--only', 'no such case')).code).toBe(1);
}, 60_000);
