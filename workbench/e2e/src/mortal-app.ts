/** A server of its own for one case, to be killed and started again on the same data. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Setting, startApp } from './apps.ts';
import type { MortalApp } from './cases/recovery.ts';
import { openOverHttp } from './over-http.ts';
import type { ServerProcess } from './server-process.ts';

export type Target = Pick<Setting, 'app' | 'world' | 'mode'>;

export async function withMortalApp(target: Target, use: (app: MortalApp) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-e2e-mortal-'));
  const started: ServerProcess[] = [];
  const start = async (): Promise<void> => {
    started.push(await startApp({ ...target, directory }));
  };
  const server = (): ServerProcess => started.at(-1)!;
  const effectsFile = join(directory, 'effects');
  try {
    await start();
    await use({
      ...openOverHttp(() => server().url),
      crash: () => server().kill(),
      restart: start,
      effects: async () =>
        existsSync(effectsFile) ? readFileSync(effectsFile, 'utf8').split('\n').slice(0, -1) : [],
    });
  } finally {
    for (const process of started) await process.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}
