/**
 * Parts of the guest runtime that a context evaluates at their first use: most runs need no URL, and should not pay
 * for one. A part is a module that exports functions only, with what nothing else imports; in the bundle it is the
 * body of a function, which V8 does not compile before it is called.
 */
import { type Plugin, rolldown } from 'rolldown';
import { parseSource } from './parse.ts';
import { resolution } from './resolution.ts';

/** The text that stands for each part in the bundle, by the absolute path of its module. */
export async function lazyParts(files: string[], parts: string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  if (parts.length === 0) return texts;
  const shared = new Set<string>();
  await bundled(files, { isOutside: (id) => parts.includes(id), seen: shared });
  const owners = new Map<string, string>();
  for (const part of parts) {
    const own = new Set<string>();
    const { code, exports } = await bundled([part], { isOutside: (id) => shared.has(id), seen: own });
    for (const id of own) {
      // Two copies of a module would be two of its classes.
      if (owners.has(id))
        throw new TypeError(`Expected ${id} in one part, got it in ${owners.get(id)} and ${part}`);
      owners.set(id, part);
    }
    texts.set(part, partText(code, exports));
  }
  return texts;
}

interface Limits {
  /** What stays an import. */
  isOutside(id: string): boolean;
  /** Filled with the modules that are inside. */
  readonly seen: Set<string>;
}

async function bundled(
  files: string[],
  { isOutside, seen }: Limits,
): Promise<{ code: string; exports: string[] }> {
  const plugin: Plugin = {
    name: 'perdure-guest-parts',
    async resolveId(source, importer) {
      const found = importer === undefined ? null : await this.resolve(source, importer, { skipSelf: true });
      return found && isOutside(found.id) ? { id: found.id, external: 'absolute' } : found;
    },
    transform(_, id) {
      // The bundler's own helpers may be there twice.
      if (!id.startsWith('\0')) seen.add(id);
      return { moduleSideEffects: true };
    },
  };
  const build = await rolldown({
    input: files,
    platform: 'neutral',
    plugins: [plugin],
    resolve: resolution,
    transform: { target: 'es2024' },
    experimental: { attachDebugInfo: 'none' },
    onLog() {},
  });
  try {
    const { output } = await build.generate({ format: 'esm', comments: false });
    return output[0];
  } finally {
    await build.close();
  }
}

/** An ES module whose exports are functions, made a body that runs when one of them is called. */
function partText(code: string, exports: string[]): string {
  const imports: string[] = [];
  const members: string[] = [];
  let body = '';
  let end = 0;
  const { program } = parseSource(code, 'part.js');
  for (const node of program.body) {
    const isImport = node.type === 'ImportDeclaration';
    if (!isImport && node.type !== 'ExportNamedDeclaration') continue;
    body += code.slice(end, node.start);
    end = node.end;
    if (isImport) imports.push(code.slice(node.start, node.end));
    else
      for (const { local, exported } of node.specifiers)
        members.push(`${nameOf(exported)}: ${nameOf(local)}`);
  }
  const calls = exports.map(
    (name) => `export function ${name}(...given) { return part().${name}(...given); }`,
  );
  return `${imports.join('\n')}
function evaluate() {
${body}${code.slice(end)}
return { ${members.join(', ')} };
}
let made;
function part() { return made ??= evaluate(); }
${calls.join('\n')}`;
}

function nameOf(node: { type: string }): string {
  return (node as { name?: string; value?: string }).name ?? '';
}
