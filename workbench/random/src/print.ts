/**
 * Sketches as source: workflows and steps with directives, as a person would write them.
 *
 * The `app` dialect is what the compiler gets. The `reference` dialect is the same text without compiler and engine:
 * steps are made by a function `step(name, plan)`, so that plain JavaScript can run the workflows.
 */
import { type Dialect, stepName, stepsOf } from './print-steps.ts';
import { type Block, familyOf, type HookUse, type Sketch, type Statement, statementsOf } from './sketch.ts';

const prelude = `function mix(value, n) {
  return (value * 31 + n * 17 + 7) % 1000003;
}

const codes = { FatalError: 101, HookConflictError: 102, ContextError: 103, WorkflowRunFailedError: 104, WorkflowRunCancelledError: 105, AggregateError: 106 };

export function codeOf(error) {
  return codes[error.name] ?? Number(error.message.slice(1));
}
`;

/** What the source of the `app` dialect begins with; whoever loads it supplies these names. */
export const imports = `import { createHook, FatalError, getAttributes, setAttributes, sleep } from 'perdure';
import { start } from 'perdure/api';
import { bodies } from './bodies.js';
`;

/** The module of some sketches and their children. */
export function sourceOf(sketches: readonly Sketch[], dialect: Dialect): string {
  const family = sketches.flatMap((sketch) => [...familyOf(sketch)]);
  const parts = family.map((sketch) => workflow(sketch, dialect));
  return [...(dialect === 'app' ? [imports] : []), prelude, ...parts].join('\n');
}

function workflow(sketch: Sketch, dialect: Dialect): string {
  const steps = [...statementsOf(sketch.body)].flatMap((statement) => stepsOf(sketch, statement, dialect));
  const printer = new Printer(sketch, dialect);
  return [
    ...steps,
    `export async function ${sketch.name}(v, tag) {`,
    ...(dialect === 'app' ? ["  'use workflow';"] : []),
    '  let hooks = 0;',
    ...indented(printer.block(sketch.body)),
    '  return v;',
    '}',
    '',
  ].join('\n');
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

class Printer {
  readonly #sketch: Sketch;
  readonly #dialect: Dialect;
  /** Makes names of constants that are no site's. */
  #names = 0;

  constructor(sketch: Sketch, dialect: Dialect) {
    this.#sketch = sketch;
    this.#dialect = dialect;
  }

  block(block: Block): string[] {
    return block.flatMap((statement) => this.#statement(statement));
  }

  #braced(head: string, block: readonly string[], foot = '}'): string[] {
    return [`${head} {`, ...indented(block), foot];
  }

  #step({ site }: { readonly site: number }): string {
    return stepName(this.#sketch, site);
  }

  #statement(statement: Statement): string[] {
    switch (statement.kind) {
      case 'step':
        return this.#call(statement);
      case 'overlap': {
        const [a, b] = [`a${statement.first.site}`, `b${statement.second.site}`];
        return [
          `const ${a} = ${this.#step(statement.first)}(v);`,
          `const ${b} = ${this.#step(statement.second)}(v);`,
          ...this.block(statement.between),
          `v = mix(mix(v, await ${a}), await ${b});`,
        ];
      }
      case 'parallel':
        return this.#parallel(statement);
      case 'choice': {
        const condition =
          statement.by === 'random' ? 'Math.random() < 0.5' : `v % ${statement.modulus} === 0`;
        return [
          ...this.#braced(`if (${condition})`, this.block(statement.yes), '} else {'),
          ...indented(this.block(statement.no)),
          '}',
        ];
      }
      case 'loop': {
        const { site, times, exit, body } = statement;
        const i = `i${site}`;
        const lines = [`v = mix(v, ${i});`, ...this.block(body), `if (v % ${exit} === 0) break;`];
        return this.#braced(`for (let ${i} = 0; ${i} < ${times}; ${i} += 1)`, lines);
      }
      case 'countdown': {
        const left = `left${statement.site}`;
        const lines = [
          `${left} = await ${this.#step(statement)}(${left});`,
          `v = mix(v, ${left});`,
          ...this.block(statement.body),
        ];
        return [`let ${left} = ${statement.from};`, ...this.#braced(`while (${left} > 0)`, lines)];
      }
      case 'attempt':
        return this.#attempt(statement);
      case 'throw': {
        const made = statement.fatal === 'fatal' ? 'FatalError' : 'Error';
        return [`throw new ${made}('e${statement.code}');`];
      }
      case 'return':
        return ['return v;'];
      case 'sleep': {
        const { ms, form } = statement;
        if (form === 'woken') return ["await sleep('1h');"];
        return [`await sleep(${form === 'for' ? ms : `new Date(Date.now() + ${ms})`});`];
      }
      case 'hook':
        return this.#hook(statement);
      case 'child':
        return this.#child(statement);
      case 'attribute': {
        const key = `a${statement.site}`;
        return [
          `await setAttributes({ ${key}: String(v % 1000) });`,
          `v = mix(v, Number((await getAttributes()).${key}));`,
        ];
      }
      case 'told':
        return this.#told(statement);
      case 'drain':
        return this.#drain(statement);
      case 'abort': {
        const [controller, listening] = [`c${statement.site}`, `p${statement.site}`];
        return [
          `const ${controller} = new AbortController();`,
          `const ${listening} = ${this.#step(statement)}(v, ${controller}.signal);`,
          ...this.block(statement.body),
          `${controller}.abort('enough');`,
          `v = mix(v, await ${listening});`,
        ];
      }
      case 'clock': {
        const time = this.#name('time');
        const lines = [`const ${time} = Date.now();`, ...this.block(statement.body)];
        return [...lines, `v = mix(v, Date.now() >= ${time} ? 1 : 0);`];
      }
    }
  }

  #name(word: string): string {
    this.#names += 1;
    return `${word}_${this.#names}`;
  }

  #call({ step, form }: Extract<Statement, { kind: 'step' }>): string[] {
    const name = this.#step(step);
    switch (form) {
      case 'plain':
        return [`v = await ${name}(v);`];
      case 'stamped':
        return [`v = await ${name}(v, Date.now(), Math.random());`];
      case 'dropped':
        return [`void ${name}(v);`];
      case 'nested': {
        const facts = JSON.stringify({ ...step, call: 'run', patience: 0 });
        const kept = `k${step.site}`;
        const body = [`'use step';`, `return bodies.play(${facts}, ${kept}, more);`];
        const made =
          this.#dialect === 'app'
            ? this.#braced(`const ${name} = async (...more) =>`, body, '};')
            : [`const ${name} = step('${name}', ${facts}, () => ({ ${kept} }));`];
        return [`const ${kept} = v;`, ...made, `v = await ${name}();`];
      }
    }
  }

  #parallel({ how, branches }: Extract<Statement, { kind: 'parallel' }>): string[] {
    const results = this.#name('results');
    const inner = branches.flatMap((branch) => [
      '(async (v) => {',
      ...indented([...this.block(branch), 'return v;']),
      '})(v),',
    ]);
    const lines = [`const ${results} = await Promise.${how}([`, ...indented(inner), ']);'];
    if (how === 'all') return [...lines, `v = ${results}.reduce((all, one) => mix(all, one));`];
    if (how !== 'allSettled') return [...lines, `v = ${results};`];
    const settled = `${results}.map((one) => (one.status === 'fulfilled' ? one.value : codeOf(one.reason)))`;
    return [...lines, `v = ${settled}.reduce((all, one) => mix(all, one));`];
  }

  #attempt({ body, rescue, last }: Extract<Statement, { kind: 'attempt' }>): string[] {
    const lines = ['try {', ...indented(this.block(body))];
    if (rescue) {
      const error = this.#name('error');
      lines.push(`} catch (${error}) {`, `  v = mix(v, codeOf(${error}));`, ...indented(this.block(rescue)));
    }
    if (last) lines.push('} finally {', ...indented(this.block(last)));
    return [...lines, '}'];
  }

  #hook({ site, form, uses }: Extract<Statement, { kind: 'hook' }>): string[] {
    const hook = `h${site}`;
    const made = `createHook({ token: \`\${tag} ${site} \${(hooks += 1)}\` })`;
    const lines = [`${form === 'using' ? 'using' : 'const'} ${hook} = ${made};`];
    return this.#braced('', [...lines, ...uses.flatMap((use) => this.#use(hook, use))]).map((line) =>
      line.trimEnd(),
    );
  }

  #use(hook: string, use: HookUse): string[] {
    switch (use.kind) {
      case 'next':
        return [`v = mix(v, await ${hook});`];
      case 'timed':
        return [`v = mix(v, (await ${hook}.receive({ timeout: ${use.ms} })) ?? 3);`];
      case 'body':
        return this.block(use.body);
      case 'dispose':
        return [`${hook}.dispose();`];
      case 'conflict': {
        const other = this.#name('other');
        return [
          `const ${other} = createHook({ token: ${hook}.token });`,
          `v = mix(v, (await ${other}.getConflict()) ? 4 : 5);`,
          `${other}.dispose();`,
        ];
      }
      case 'each': {
        const [payload, count] = [this.#name('payload'), this.#name('count')];
        const lines = [
          `v = mix(v, ${payload});`,
          ...this.block(use.body),
          `if ((${count} += 1) >= ${use.payloads}) break;`,
        ];
        return [`let ${count} = 0;`, ...this.#braced(`for await (const ${payload} of ${hook})`, lines)];
      }
    }
  }

  #told({ step, what }: Extract<Statement, { kind: 'told' }>): string[] {
    const name = this.#step(step);
    if (what === 'attribute')
      return [`v = await ${name}(v);`, `v = mix(v, Number((await getAttributes()).m${step.site}));`];
    const controller = `c${step.site}`;
    return [
      `const ${controller} = new AbortController();`,
      `v = await ${name}(v, ${controller});`,
      `v = mix(v, ${controller}.signal.aborted ? 1 : 0);`,
    ];
  }

  #drain({ site, width }: Extract<Statement, { kind: 'drain' }>): string[] {
    const [left, i] = [`left${site}`, `i${site}`];
    const name = this.#step({ site });
    const call = `${name}(mix(v, ${i})).then((value) => ({ i: ${i}, value }))`;
    return [
      `const ${left} = new Map();`,
      `for (let ${i} = 0; ${i} < ${width}; ${i} += 1) ${left}.set(${i}, ${call});`,
      ...this.#braced(`while (${left}.size > 0)`, [
        `const { i, value } = await Promise.race(${left}.values());`,
        `${left}.delete(i);`,
        'v = mix(v, value);',
      ]),
    ];
  }

  #child({ site, child, how }: Extract<Statement, { kind: 'child' }>): string[] {
    const run = `r${site}`;
    const made = `await start(${child.name}, [v, \`\${tag} c${site} \${(hooks += 1)}\`])`;
    if (how === 'leave') return [`${made};`];
    return [
      `const ${run} = ${made};`,
      ...(how === 'cancel' ? [`await ${run}.cancel();`] : []),
      `v = mix(v, await ${run}.returnValue);`,
    ];
  }
}
