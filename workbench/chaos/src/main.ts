/**
 * `node workbench/chaos/src/main.ts [--world local] [--kills 100] [--seed 1] [--runs 20] [--steps 100] [--workers 1] [--json]`
 *
 * Ends with exit code 0 only if no oracle has anything to say.
 */
import { parseArgs } from 'node:util';
import 'perdure/register';

const { values } = parseArgs({
  options: {
    world: { type: 'string', default: 'local' },
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '20' },
    steps: { type: 'string', default: '100' },
    workers: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

function whole(name: 'kills' | 'seed' | 'runs' | 'steps' | 'workers', least: number): number {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < least) {
    throw new RangeError(`Expected a whole number >= ${least} for --${name}, got ${values[name]}.`);
  }
  return number;
}

// Workflow files are compiled as they load: only after the loader is in place.
const { storm } = await import('./storm.ts');
const { judge } = await import('./oracles.ts');
const { figuresOf } = await import('./figures.ts');

const seed = whole('seed', 0);
const kills = whole('kills', 1);
const tell = (text: string): void => {
  if (!values.json) console.log(text);
};
tell(
  `Seed ${seed}, world ${values.world}: ${kills} kills of ${values.workers} worker(s) over ${values.runs} runs.`,
);

const begun = performance.now();
const evidence = await storm({
  world: values.world,
  seed,
  kills,
  runs: whole('runs', 1),
  stepsPerRun: whole('steps', 1),
  workers: whole('workers', 1),
  onKill: (done) => {
    if (done % 10 === 0) tell(`  ${done} kills, ${((performance.now() - begun) / 1_000).toFixed(0)} s`);
  },
});
const problems = judge(evidence);
const figures = figuresOf(evidence);
const seconds = Math.round((performance.now() - begun) / 1_000);

if (values.json) {
  console.log(JSON.stringify({ seed, world: values.world, ...figures, seconds, problems }));
} else {
  const f = figures;
  tell(
    `${f.kills} kills (${f.killsInSteps} while steps ran), ${f.stops} stops past the lease, ${seconds} s.`,
  );
  tell(`${f.completed} of ${f.runs} runs completed; more than one process drove ${f.recovered} of them.`);
  tell(
    `${f.events} events, ${f.steps} steps, ${f.bodies} bodies, ${f.repeatedBodies} of them repeated, ${f.payloads} payloads.`,
  );
  tell(
    `From a process's start to its first step: p50 ${f.recoveryP50Ms} ms, worst ${f.recoveryMaxMs} ms, ${f.recoveries} times.`,
  );
  tell(`From when its code was loaded: p50 ${f.takeoverP50Ms} ms.`);
  for (const problem of problems) tell(`WRONG: ${problem}`);
  tell(
    problems.length === 0
      ? 'Every oracle is content.'
      : `${problems.length} problems; seed ${seed} repeats the moments.`,
  );
}
process.exitCode = problems.length === 0 ? 0 : 1;
