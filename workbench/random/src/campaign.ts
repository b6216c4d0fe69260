/** Plays the sketches of many seeds, judges every run, and makes what fails small. */
import type { World } from '@perdure/world';
import type { GuestModules } from '../../../packages/perdure/src/guest.ts';
import { publish } from './edition.ts';
import { sketchOf } from './generate.ts';
import type { PostgresUrl, WorldName } from './ground.ts';
import { type Complaint, judge } from './judge.ts';
import { type PlayedRun, type Playing, play, type Setting } from './playing.ts';
import { differentStreams } from './same-stream.ts';
import { shrink } from './shrink.ts';
import { familyOf, type Sketch } from './sketch.ts';

export interface CampaignOptions {
  readonly settings: readonly Setting[];
  /** Seeds compiled and played together. */
  readonly together: number;
  /** Replays every `stride`th prefix of each history. */
  readonly stride: number;
  readonly stuckMs: number;
  /** `each`: every edition in every setting; `in turn`: in one of them. */
  readonly play: 'each' | 'in turn';
  readonly disguise?: (world: World) => World;
  readonly postgres?: PostgresUrl;
  /** The guest runtime that programs are built on. Default the engine's. */
  readonly guest?: GuestModules;
  readonly onEdition?: (figures: Figures) => void;
}

export interface Figures {
  readonly sketches: number;
  readonly runs: number;
  readonly events: number;
  readonly prefixes: number;
  readonly crashes: number;
  /** Time that went into each of the three, in milliseconds. */
  readonly compileMs: number;
  readonly playMs: number;
  readonly judgeMs: number;
}

export interface Failure {
  readonly setting: Setting;
  /** The sketch that fails, with its children. */
  readonly sketch: Sketch;
  readonly run?: PlayedRun;
  readonly problems: readonly string[];
}

export interface Report {
  readonly figures: Figures;
  readonly failures: readonly Failure[];
}

export function settingsOn(...worlds: readonly WorldName[]): Setting[] {
  return worlds.flatMap((world) =>
    (['resident', 'dropped'] as const).flatMap((residency) =>
      [0, 4].map((crashes): Setting => ({ world, residency, crashes })),
    ),
  );
}

export const noFigures: Figures = {
  sketches: 0,
  runs: 0,
  events: 0,
  prefixes: 0,
  crashes: 0,
  compileMs: 0,
  playMs: 0,
  judgeMs: 0,
};

/** Stops after the edition that fails. */
export async function campaign(seeds: readonly number[], options: CampaignOptions): Promise<Report> {
  let figures = noFigures;
  for (let at = 0; at < seeds.length; at += options.together) {
    const some = seeds.slice(at, at + options.together);
    const turn = Math.floor(at / options.together) % options.settings.length;
    const settings = options.play === 'each' ? options.settings : [options.settings[turn]!];
    const report = await playSketches(some.map(sketchOf), { ...options, settings, seed: some[0]! });
    figures = sumOf(figures, report.figures);
    options.onEdition?.(figures);
    if (report.failures.length > 0) return { figures, failures: report.failures };
  }
  return { figures, failures: [] };
}

/** Compiles sketches together and plays them once in every setting. */
export async function playSketches(
  sketches: readonly Sketch[],
  options: CampaignOptions & { readonly seed: number },
): Promise<Report> {
  const begun = performance.now();
  const edition = await publish(sketches, options.guest);
  let figures: Figures = { ...noFigures, sketches: sketches.length, compileMs: performance.now() - begun };
  const failures: Failure[] = [];
  const playings: Playing[] = [];
  try {
    for (const setting of options.settings) {
      const { disguise, postgres, seed, stuckMs, stride } = options;
      const started = performance.now();
      const playing = await play(edition, {
        setting,
        seed,
        stuckMs,
        ...(disguise ? { disguise } : {}),
        ...(postgres ? { postgres } : {}),
      });
      const played = performance.now();
      playings.push(playing);
      const { complaints, problems, prefixes } = await judge(playing, stride);
      const times = { playMs: played - started, judgeMs: performance.now() - played };
      figures = sumOf(figures, { ...noFigures, ...times, ...countsOf(playing), prefixes });
      failures.push(...complaints.map((complaint) => failureOf(sketches, setting, complaint)));
      if (problems.length > 0) failures.push({ setting, sketch: sketches[0]!, problems });
    }
  } finally {
    edition.unload();
  }
  for (const { sketch, problem } of differentStreams(playings))
    failures.push({ setting: options.settings[0]!, sketch, problems: [`differentStreams: ${problem}`] });
  return { figures, failures };
}

function countsOf({ runs, crashes }: Playing): Pick<Figures, 'runs' | 'events' | 'crashes'> {
  return { runs: runs.length, events: runs.reduce((sum, { history }) => sum + history.length, 0), crashes };
}

function failureOf(sketches: readonly Sketch[], setting: Setting, { run, problems }: Complaint): Failure {
  const sketch = sketches.find((one) => [...familyOf(one)].includes(run.sketch))!;
  return { setting, sketch, run, problems };
}

function sumOf(one: Figures, other: Figures): Figures {
  const keys = Object.keys(one) as (keyof Figures)[];
  return Object.fromEntries(keys.map((key) => [key, one[key] + other[key]])) as unknown as Figures;
}

/** The smallest sketch that still fails in the setting of a failure, with what is wrong then. */
export async function shrunk(failure: Failure, options: CampaignOptions, tries: number): Promise<Failure> {
  let last = failure;
  const sketch = await shrink(failure.sketch, async (sketches) => {
    const failed = new Set<string>();
    for (let seed = 1; seed <= tries && failed.size === 0; seed += 1) {
      const settings = [failure.setting];
      const { failures } = await playSketches(sketches, { ...options, settings, seed });
      for (const one of failures) {
        failed.add(one.sketch.name);
        last = one;
      }
    }
    return failed;
  });
  return { ...last, sketch };
}
