/**
 * `node workbench/e2e/src/main.ts --app node --world local [--mode dev] [--only text] [--json]`: the suite over HTTP.
 *
 * Ends with exit code 0 only if every case that applies passed; 2 when it was asked for what there is not.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { apps, modes } from './apps.ts';
import { worlds } from './stores.ts';

const options = {
  app: { type: 'string', default: 'node' },
  world: { type: 'string', default: 'local' },
  mode: { type: 'string', default: 'dev' },
  workers: { type: 'string', default: '1' },
  only: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

function oneOf(option: 'app' | 'world' | 'mode', value: string, known: readonly string[]): string {
  if (known.includes(value)) return value;
  throw new RangeError(
    `Expected --${option} to be one of ${known.join(', ')}, got ${JSON.stringify(value)}.`,
  );
}

function workersOn(world: string, value: string): number {
  const { workersMost } = worlds[world]!;
  const workers = Number(value);
  if (Number.isSafeInteger(workers) && workers >= 1 && workers <= workersMost) return workers;
  throw new RangeError(
    `Expected --workers to be a whole number from 1 to ${workersMost} on ${world}, got ${JSON.stringify(value)}.`,
  );
}

function wanted(args: string[]) {
  const { values } = parseArgs({ args, options });
  const world = oneOf('world', values.world, Object.keys(worlds));
  return {
    app: oneOf('app', values.app, Object.keys(apps)),
    world,
    workers: workersOn(world, values.workers),
    mode: oneOf('mode', values.mode, modes) as (typeof modes)[number],
    only: values.only,
    json: values.json,
  };
}

let given: ReturnType<typeof wanted>;
try {
  given = wanted(process.argv.slice(2));
} catch (error) {
  console.error(`e2e: ${(error as Error).message}`);
  process.exit(2);
}
// Workflow files are compiled as they load, from the same folder as in the tests: their ids are those of the apps.
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
await import('perdure/register');
const { playAll } = await import('./play.ts');
process.exitCode = await playAll(given);
