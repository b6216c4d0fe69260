/** The steps of a sketch as source. */
import type { Call } from './bodies.ts';
import type { Sketch, Statement, StepPlan } from './sketch.ts';

/** `app` is for the compiler, `reference` for plain JavaScript. */
export type Dialect = 'app' | 'reference';

/** Name of the step at a site. */
export function stepName({ name }: Sketch, site: number): string {
  return `${name}s${site}`;
}

/** Steps at module level that a statement calls. */
export function stepsOf(sketch: Sketch, statement: Statement, dialect: Dialect): string[] {
  const declared = (plan: StepPlan, call: Call = 'run', patience = 0): string =>
    declaration(stepName(sketch, plan.site), dialect, { plan, call, patience });
  const good = (site: number): StepPlan => ({ site, failures: 0, how: 'error', retries: 1 });
  switch (statement.kind) {
    case 'step':
      return statement.form === 'nested' ? [] : [declared(statement.step)];
    case 'overlap':
      return [declared(statement.first), declared(statement.second)];
    case 'countdown':
      return [declared(good(statement.site), 'decrement')];
    case 'told':
      return [declared(statement.step, statement.what === 'abort' ? 'abort' : 'mark')];
    case 'drain':
      return [declared(good(statement.site))];
    case 'abort':
      return [declared(good(statement.site), 'listen', statement.patience)];
    default:
      return [];
  }
}

interface Declared {
  readonly plan: StepPlan;
  readonly call: Call;
  readonly patience: number;
}

function declaration(name: string, dialect: Dialect, { plan, call, patience }: Declared): string {
  const facts = JSON.stringify({ ...plan, call, patience });
  if (dialect === 'reference') return `const ${name} = step('${name}', ${facts});`;
  return `async function ${name}(v, ...more) {
  'use step';
  return bodies.play(${facts}, v, more);
}
${name}.retry = { maxAttempts: ${plan.retries + 1}, delay: 1 };
${plan.site % 4 === 1 ? `${name}.offer = true;\n` : ''}`;
}
