/**
 * `node workbench/random/src/main.ts [--seed 1] [--count 1] [--world memory] [--crashes 4] [--stride 1] [--together 50] [--json]`
 *
 * Plays the sketches of `count` seeds. A few are played in every setting, many each in one of them, in turn. Ends with
 * exit code 0 only if nothing is wrong; what fails is made small and shown with its source and its history.
 */
import { parseArgs } from 'node:util';
import { serverOnDemand } from '@workbench/postgres/server-on-demand.ts';
import { campaign, type Failure, settingsOn, shrunk } from './campaign.ts';
import { worldNames } from './ground.ts';
import type { PlayedRun, Setting } from './playing.ts';
import { sourceOf } from './print.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    world: { type: 'string' },
    crashes: { type: 'string', default: '4' },
    stride: { type: 'string', default: '1' },
    together: { type: 'string', default: '50' },
    json: { type: 'boolean', default: false },
  },
});

function whole(name: 'seed' | 'count' | 'crashes' | 'stride' | 'together', least: number): number {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < least) {
    throw new RangeError(`Expected a whole number >= ${least} for --${name}, got ${values[name]}.`);
  }
  return number;
}

function settingsOf(world: string | undefined): readonly Setting[] {
  const crashes = whole('crashes', 0);
  const worlds = worldNames.filter((name) => (world === undefined ? name !== 'postgres' : name === world));
  if (worlds.length === 0)
    throw new RangeError(`Expected one of ${worldNames.join(', ')} for --world, got ${world}.`);
  return settingsOn(...worlds).map((setting) => (setting.crashes === 0 ? setting : { ...setting, crashes }));
}

const tell = (text: string): void => {
  if (!values.json) console.log(text);
};

const seed = whole('seed', 0);
const count = whole('count', 1);
const server = serverOnDemand();
const options = {
  settings: settingsOf(values.world),
  together: whole('together', 1),
  stride: whole('stride', 1),
  stuckMs: 5_000,
  postgres: server.url,
  play: count <= 50 ? 'each' : 'in turn',
} as const;
const begun = performance.now();
let told = begun;
const { figures, failures } = await campaign(
  Array.from({ length: count }, (_, i) => seed + i),
  {
    ...options,
    onEdition: ({ sketches, runs, prefixes }) => {
      if (performance.now() - told < 10_000) return;
      told = performance.now();
      const seconds = Math.round((told - begun) / 1_000);
      tell(`  ${sketches} sketches, ${runs} runs, ${prefixes} prefixes, ${seconds} s`);
    },
  },
);
const seconds = (performance.now() - begun) / 1_000;

if (values.json) {
  const problems = failures.map(({ sketch, setting, problems }) => ({
    sketch: sketch.name,
    setting,
    problems,
  }));
  console.log(JSON.stringify({ seed, count, ...figures, seconds, problems }));
} else {
  const rate = (number: number, ms: number): string => (number / (ms / 1_000)).toFixed(0);
  const { sketches, runs, events, prefixes, crashes, compileMs, playMs, judgeMs } = figures;
  tell(
    `${sketches} sketches, ${runs} runs, ${events} events, ${crashes} crashes, ${prefixes} prefixes replayed.`,
  );
  tell(
    `${seconds.toFixed(1)} s: ${rate(sketches, compileMs)} sketches compiled, ${rate(runs, playMs)} runs played, ${rate(prefixes, judgeMs)} prefixes judged a second of each.`,
  );
  for (const failure of failures.slice(0, 5)) tell(`WRONG: ${summaryOf(failure)}`);
  if (failures.length > 0) {
    tell(`${failures.length} failures; the first one is made small:`);
    tell(pageOf(await shrunk(failures[0]!, options, 5)));
  } else tell('Every run is right.');
}
await server.close();
process.exitCode = failures.length === 0 ? 0 : 1;

function summaryOf({ sketch, setting, problems, run }: Failure): string {
  return `${sketch.name} in ${JSON.stringify(setting)}${run ? ` (${run.sketch.name})` : ''}: ${problems.join('\n  ')}`;
}

function pageOf(failure: Failure): string {
  const { sketch, run } = failure;
  return [
    summaryOf(failure),
    JSON.stringify(sketch),
    sourceOf([sketch], 'app'),
    ...(run ? run.history.map(lineOf) : []),
  ].join('\n');
}

function lineOf({
  version,
  createdAt,
  eventType,
  correlationId = '',
  eventData,
}: PlayedRun['history'][number]): string {
  const data = JSON.stringify(eventData, (_key, value: unknown) =>
    typeof value === 'string' && value.length > 100 ? `${value.slice(0, 100)}...` : value,
  );
  return `${String(version).padStart(4)} ${createdAt} ${eventType} ${correlationId} ${data}`;
}
