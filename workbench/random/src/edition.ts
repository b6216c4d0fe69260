/**
 * An edition: the sketches of a batch, compiled together by the real compiler and loaded into this process.
 *
 * Source is generated, rather than one workflow interpreting sketches, because only source goes through what users'
 * code goes through: directives, proxies, closures of nested steps, pruning, instrumented loops, `using`, real control
 * flow. Many workflows share one program, so that compiling costs each of them little.
 */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProgram, transformHost } from '@perdure/compiler';
import { registry } from '../../../packages/core/src/registry.ts';
import { type GuestModules, guestModules } from '../../../packages/perdure/src/guest.ts';
import type { Bodies } from './bodies.ts';
import { imports, sourceOf } from './print.ts';
import { familyOf, type Sketch } from './sketch.ts';

export interface Edition {
  readonly sketches: readonly Sketch[];
  /** Sketches and their children by the id of their workflow. */
  readonly byWorkflow: ReadonlyMap<string, Sketch>;
  readonly source: string;
  readonly program: { readonly code: string; readonly hash: string };
  workflowOf(sketch: Sketch): { readonly workflowId: string };
  /** Steps of the edition get these bodies from now on. */
  give(bodies: Bodies): void;
  /** Forgets its steps and workflows. */
  unload(): void;
}

/** Throws CompileError: every sketch is a legal program. */
export async function publish(
  sketches: readonly Sketch[],
  guest: GuestModules = guestModules(),
): Promise<Edition> {
  const source = sourceOf(sketches, 'app');
  const root = await realpath(await mkdtemp(join(tmpdir(), 'perdure-random-')));
  try {
    const file = join(root, `sketches.js`);
    await writeFile(join(root, 'package.json'), '{"name":"random","type":"module"}');
    await writeFile(join(root, 'bodies.js'), 'export const bodies = {};\n');
    await writeFile(file, source);
    const { code, hash } = await buildProgram({ root, entries: [file], guest });
    const host = transformHost(source, { file, root });
    if (!host) throw new TypeError('Expected directives in the source of sketches');
    const shelf = load(host.code);
    const names = new Map(sketches.flatMap((sketch) => [...familyOf(sketch)]).map((one) => [one.name, one]));
    const ids = new Map(
      host.sites.filter(({ kind }) => kind === 'workflow').map(({ id, name }) => [name, id]),
    );
    return {
      sketches,
      source,
      program: { code, hash },
      byWorkflow: new Map([...names].map(([name, sketch]) => [ids.get(name)!, sketch])),
      workflowOf: ({ name }) => ({ workflowId: ids.get(name)! }),
      give: (bodies) => {
        shelf.bodies = bodies;
      },
      unload: () => {
        const { steps, workflows } = registry();
        for (const { kind, id } of host.sites) (kind === 'step' ? steps : workflows).delete(id);
      },
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

interface Shelf {
  bodies: Bodies | undefined;
}

/** Runs the host's half, which registers steps; only `bodies` of its imports is used on the host. */
function load(code: string): Shelf {
  const shelf: Shelf = { bodies: undefined };
  const script = code.replace(imports, '').replace(/^export /gm, '');
  const bodies = { play: (...args: Parameters<Bodies['play']>) => shelf.bodies!.play(...args) };
  new Function('bodies', `"use strict";\n${script}`)(bodies);
  return shelf;
}
