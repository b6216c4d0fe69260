/** The examples of docs/http.md are an app, and its routes do what the page says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'docs/http.md'), 'utf8');
const files = [...page.matchAll(/```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)```/g)].map(
  ([, name, code]) => [name!, code!] as const,
);
const directory = mkdtempSync(join(tmpdir(), 'perdure-http-docs-'));
const keys = `docs:${Buffer.alloc(32, 3).toString('base64')}`;
let port: number;

beforeAll(async () => {
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(join(root, 'packages/perdure'), join(directory, 'node_modules/perdure'));
  writeFileSync(join(directory, 'package.json'), '{ "name": "docs-app", "type": "module" }');
  for (const [name, code] of files) writeFileSync(join(directory, name), code);
  port = await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as { port: number };
      server.close(() => resolve(free));
    });
  });
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function start(file: string, args: string[], env: Record<string, string>): ChildProcess {
  const url = `http://127.0.0.1:${port}`;
  return spawn(process.execPath, ['--import', 'perdure/register', file, ...args], {
    cwd: directory,
    env: {
      ...process.env,
      PORT: String(port),
      WORKFLOW_PUBLIC_URL: url,
      WORKFLOW_SIGNING_KEYS: keys,
      ...env,
    },
  });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, text };
}

describe('the app of the page', () => {
  it('is these files', () => {
    expect(files.map(([name]) => name)).toEqual(['signup.ts', 'server.ts', 'poke.ts']);
  });

  it('takes a request at its webhook, and a poke', async () => {
    const server = start('server.ts', [], { NODE_ENV: 'production' });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('close', () => reject(new Error('The server ended.')));
        server.stdout!.on('data', (chunk) => {
          if (String(chunk).includes('listening')) resolve();
        });
      });
      const begun = await fetch(`http://127.0.0.1:${port}/?name=Ada`);
      const { url } = (await begun.json()) as { url: string };
      const thanked = await fetch(url, { method: 'POST' });
      expect([thanked.status, await thanked.text()]).toEqual([200, 'Thank you!']);
      const poke = await ended(start('poke.ts', [`http://127.0.0.1:${port}`], {}));
      expect(poke).toEqual({ code: 0, text: '200 { runs: [], more: false } true\n' });
      const closing = ended(server);
      server.kill('SIGTERM');
      expect((await closing).code).toBe(0);
    } finally {
      server.kill('SIGKILL');
    }
  });

  it('does not start in production without a key', async () => {
    const { code, text } = await ended(
      start('server.ts', [], { NODE_ENV: 'production', WORKFLOW_SIGNING_KEYS: '' }),
    );
    expect(code).toBe(1);
    expect(text).toContain('SIGNING_KEYS_MISSING');
  });
});

describe('the page', () => {
  it('names every code that its routes refuse with', () => {
    const table = readFileSync(join(root, 'packages/core/src/http-routes.ts'), 'utf8');
    const codes = [...table.matchAll(/^ {2}([A-Z_]+): \d{3},$/gm)].map(([, code]) => code!);
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !page.includes(code))).toEqual([]);
  });
});
