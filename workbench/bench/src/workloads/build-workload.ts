/** What development costs: the size of a program of two workflows, building it, and an edit until it runs. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { spread } from '../statistics.ts';
import type { Request, Row } from '../workload.ts';

interface Measured {
  readonly program_bytes: number;
  readonly map_bytes: number;
  readonly build_ms: number;
  readonly edits: readonly number[];
}

/** Each iteration is a process of its own that starts cold and makes `n` edits. */
export async function build(request: Request): Promise<Row> {
  const measured: Measured[] = [];
  for (let iteration = 0; iteration < request.iters; iteration++) measured.push(await develop(request));
  const { program_bytes, map_bytes } = measured[0]!;
  const build_ms = spread(measured.map((one) => one.build_ms));
  const edit_to_running_ms = spread(measured.flatMap((one) => one.edits));
  return { ...request, program_bytes, map_bytes, build_ms, edit_to_running_ms };
}

async function develop({ world, n }: Request): Promise<Measured> {
  const app = mkdtempSync(join(tmpdir(), 'perdure-bench-app-'));
  try {
    // The process that measures runs in the folder of this package.
    cpSync('src/build-app', app, { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules'), join(app, 'node_modules'));
    const env = { ...process.env, WORKFLOW_TARGET_WORLD: world, WORKFLOW_LOCAL_DATA_DIR: join(app, 'data') };
    const args = ['--import', 'perdure/register', 'edit.ts', String(n)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: app, env });
    return JSON.parse(stdout) as Measured;
  } finally {
    rmSync(app, { recursive: true, force: true });
  }
}
