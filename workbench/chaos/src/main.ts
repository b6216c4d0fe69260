/**
 * `node workbench/chaos/src/main.ts [--world local] [--kills 100] [--seed 1] [--runs 20] [--steps 100] [--workers 1] [--breaks 0] [--json]`
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
    runs: { type: 'string' },
    steps: { type: 'string' },
    workers: { type: 'string' },
    breaks: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

/** One process drives a data directory; a database has many, and a line to it that breaks. */
const usual =
  values.world === 'postgres'
    ? { runs: '200', steps: '30', workers: '3', breaks: '500', stopEvery: 5 }
    : { runs: '20', steps: '100', workers: '1', breaks: '0', stopEvery: 15 };
const given = { ...usual, ...values };

function whole(name: 'kills' | 'seed' | 'runs' | 'steps' | 'workers' | 'breaks', least: number): number {
  const number = Number(given[name]);
  if (!Number.isSafeInteger(number) || number < least) {
    throw new RangeError(`Expected a whole number >= ${least} for --${name}, got ${given[name]}.`);
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
  `Seed ${seed}, world ${values.world}: ${kills} kills of ${given.workers} worker(s) over ${given.runs} runs.`,
);

const begun = performance.now();
const evidence = await storm({
  world: values.world,
  seed,
  kills,
  runs: whole('runs', 1),
  stepsPerRun: whole('steps', 1),
  workers: whole('workers', 1),
  breaks: whole('breaks', 0),
  stopEvery: given.stopEvery,
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
  if (f.cuts + f.lostReplies + f.terminated > 0) {
    tell(
      `Beneath them ${f.cuts} connections cut, ${f.lostReplies} between a write and its reply, ${f.terminated} ended by the server, ${f.restarts} crash(es) of the server.`,
    );
  }
  tell(`${f.completed} of ${f.runs} runs completed; more than one process drove ${f.recovered} of them.`);
  tell(
    `${f.events} events, ${f.steps} steps, ${f.bodies} bodies, ${f.repeatedBodies} of them repeated, ${f.payloads} payloads.`,
  );
  tell(
    `From a process's start to its first step: p50 ${f.recoveryP50Ms} ms, worst ${f.recoveryMaxMs} ms, ${f.recoveries} times.`,
  );
  tell(`From when its code was loaded: p50 ${f.takeoverP50Ms} ms.`);
  tell(
    `From the end of a process to the next attempt of what it did: p50 ${f.againP50Ms} ms, worst ${f.againMaxMs} ms.`,
  );
  for (const problem of problems) tell(`WRONG: ${problem}`);
  tell(
    problems.length === 0
      ? 'Every oracle is content.'
      : `${problems.length} problems; seed ${seed} repeats the moments.`,
  );
}
process.exitCode = problems.length === 0 ? 0 : 1;
