/** An app of two workflows in development: builds its program, then edits a workflow and runs it, again and again. */
import { readFileSync, writeFileSync } from 'node:fs';
import { start } from 'perdure/api';
import { close } from 'perdure/runtime';
import { processOrder } from './order.ts';
import './review.ts';

interface Registry {
  program(): Promise<{ readonly code: string }>;
}

const registry = (globalThis as unknown as Record<symbol, Registry>)[Symbol.for('perdure.registry')]!;
const begin = performance.now();
const { code } = await registry.program();
const build_ms = performance.now() - begin;

const file = new URL('./order.ts', import.meta.url);
const edits: number[] = [];
for (let edition = 1; edition <= Number(process.argv[2]); edition++) {
  const source = readFileSync(file, 'utf8').replace(/edition \d+/, `edition ${edition}`);
  const edited = performance.now();
  writeFileSync(file, source);
  const result = await (await start(processOrder, ['o-1'])).returnValue;
  edits.push(performance.now() - edited);
  if (!result.endsWith(`edition ${edition}`)) throw new Error(`Expected edition ${edition}, got ${result}.`);
}
await close();
const [script, map = ''] = code.split('\n//# sourceMappingURL=');
console.log(JSON.stringify({ program_bytes: script!.length, map_bytes: map.length, build_ms, edits }));
