/**
 * Every text the compiler says to a person, one function per diagnostic.
 *
 * A message reads "Expected X, got Y"; the hint says how to mend it; codes are stable and asserted by tests.
 */
import { codeFrame, type Location } from './code-frame.ts';

/** One finding: a stable code, what was expected, how to mend it, and where. */
export interface Diagnostic {
  code: string;
  message: string;
  hint: string;
  loc?: Location;
  /** The source lines around `loc`, with a caret. */
  frame?: string;
}

/** A place together with the source it is in, from which a frame is drawn. */
export interface Spot {
  source: string;
  loc: Location;
}

/** Thrown when directive code cannot be compiled; carries every diagnostic found. */
export class CompileError extends Error {
  override readonly name: string = 'CompileError';
  readonly code: string;
  readonly diagnostics: Diagnostic[];

  constructor(diagnostics: Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n\n'));
    this.code = diagnostics[0]?.code ?? 'PROGRAM_FAILED';
    this.diagnostics = diagnostics;
  }
}

/** Renders a diagnostic for a terminal: code, place, frame and hint. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { loc, frame } = diagnostic;
  const place = loc ? `\n  at ${loc.file}:${loc.line}:${loc.column}` : '';
  return `[${diagnostic.code}] ${diagnostic.message}${place}${frame ? `\n\n${frame}\n` : ''}\n  ${diagnostic.hint}`;
}

function at(spot: Spot, code: string, message: string, hint: string): Diagnostic {
  return { code, message, hint, loc: spot.loc, frame: codeFrame(spot.source, spot.loc) };
}

export function parseFailed(spot: Spot, reason: string): Diagnostic {
  return at(
    spot,
    'PARSE_FAILED',
    `Expected JavaScript or TypeScript, got a syntax error: ${reason}`,
    'Mend the syntax error.',
  );
}

/** A syntax error in a file whose exact place is not known. */
export function transformFailed(file: string, reason: string): Diagnostic {
  return {
    code: 'PARSE_FAILED',
    message: `Expected JavaScript or TypeScript in ${file}, got: ${reason}`,
    hint: 'Mend the syntax error.',
  };
}

export function workflowNotAsync(spot: Spot, name: string): Diagnostic {
  return at(
    spot,
    'WORKFLOW_NOT_ASYNC',
    `Expected the workflow "${name}" to be an async function, got a synchronous one.`,
    'Write `async` before the function: a workflow waits for its steps.',
  );
}

export function directiveOnGenerator(spot: Spot, name: string, kind: string): Diagnostic {
  return at(
    spot,
    'DIRECTIVE_ON_GENERATOR',
    `Expected the ${kind} "${name}" to be a plain function, got a generator.`,
    'Return a value or a promise; to stream values, write them to getWritable().',
  );
}

export function directiveMisspelled(spot: Spot, got: string, meant: string): Diagnostic {
  return at(
    spot,
    'DIRECTIVE_MISSPELLED',
    `Expected "${meant}", got "${got}".`,
    `Write "${meant}"; as it stands the directive has no effect.`,
  );
}

export function directiveNotFirst(spot: Spot, directive: string): Diagnostic {
  return at(
    spot,
    'DIRECTIVE_NOT_FIRST',
    `Expected "${directive}" as the first statement of a function body or file, got it after other code.`,
    'Move the directive to the top of the function (or of the file); elsewhere it has no effect.',
  );
}

export function directivesConflict(spot: Spot, name: string): Diagnostic {
  return at(
    spot,
    'DIRECTIVES_CONFLICT',
    `Expected one directive in "${name}", got both "use workflow" and "use step".`,
    'Split the function: the workflow orchestrates, the step does the work.',
  );
}

export function workflowOnInstance(spot: Spot, name: string): Diagnostic {
  return at(
    spot,
    'WORKFLOW_ON_INSTANCE',
    `Expected a workflow to be a function or a static method, got the instance method "${name}".`,
    'Make the method static, or move it out of the class and pass what it needs as arguments.',
  );
}

export function stepOnInstance(spot: Spot, name: string): Diagnostic {
  return at(
    spot,
    'STEP_ON_INSTANCE',
    `Expected a step to be a function, a static method or a method of a class that can be serialized, got the instance method "${name}".`,
    'Its `this` cannot be stored. Give the class the static methods WORKFLOW_SERIALIZE and WORKFLOW_DESERIALIZE, make the method static, or move the work to a function.',
  );
}

export function directiveOnAccessor(spot: Spot, name: string, kind: string): Diagnostic {
  return at(
    spot,
    'DIRECTIVE_ON_ACCESSOR',
    `Expected the ${kind} "${name}" to be a function that can be called, got a getter, setter or constructor.`,
    'Turn it into a method or a function.',
  );
}

export function workflowNested(spot: Spot, name: string): Diagnostic {
  return at(
    spot,
    'WORKFLOW_NESTED',
    `Expected the workflow "${name}" at the top level of its module, got it inside another function.`,
    'Move it to the top level and pass what it captures as arguments.',
  );
}

export function stepUsesArguments(spot: Spot, name: string): Diagnostic {
  return at(
    spot,
    'STEP_USES_ARGUMENTS',
    `Expected the nested step "${name}" to name its parameters, got a use of \`arguments\`.`,
    'Use a rest parameter, `(...args)`.',
  );
}

export function stepUsesSuper(spot: Spot, name: string): Diagnostic {
  return at(
    spot,
    'STEP_USES_SUPER',
    `Expected the step "${name}" to stand on its own, got a use of \`super\`.`,
    'A step runs outside its object. Call the other method by name, or move the work to a function.',
  );
}

export function stepUsesThis(spot: Spot, name: string): Diagnostic {
  return at(
    spot,
    'STEP_USES_THIS',
    `Expected the nested step "${name}" to stand on its own, got a use of \`this\`.`,
    'Only variables are captured. Read what the step needs into a local variable first.',
  );
}

export function stepAssignsCapture(spot: Spot, name: string, variable: string): Diagnostic {
  return at(
    spot,
    'STEP_ASSIGNS_CAPTURE',
    `Expected the nested step "${name}" to only read what it captures, got an assignment to "${variable}".`,
    'A step has a copy of each captured variable, so the assignment would be lost. Return the value and assign it where the step is called.',
  );
}

export function exportNotAsync(spot: Spot, name: string, directive: string): Diagnostic {
  return at(
    spot,
    'EXPORT_NOT_ASYNC',
    `Expected a file that begins with "${directive}" to export only async functions, got "${name}".`,
    'Move the export to another file, or put the directive into the functions instead of the file.',
  );
}

export function classIdNotText(spot: Spot): Diagnostic {
  return at(
    spot,
    'CLASS_ID_NOT_TEXT',
    'Expected the static `classId` of a class whose instances cross to be written as a string, got something else.',
    'Write `static classId = "..."`, or leave it out: the class then gets an id from its file and name.',
  );
}

export function duplicateId(spot: Spot, id: string, first: Location): Diagnostic {
  return at(
    spot,
    'DUPLICATE_ID',
    `Expected one thing with the id "${id}", got a second one; the first is at ${first.file}:${first.line}:${first.column}.`,
    'Rename one of the two: runs find their code by this id.',
  );
}

export function builtinInWorkflow(spot: Spot, module: string, member: string): Diagnostic {
  return at(
    spot,
    'BUILTIN_IN_WORKFLOW',
    `Expected deterministic code in a workflow, got a call of ${member} from "${module}".`,
    'Move the call into a function with "use step"; Node built-ins do not exist where workflows run.',
  );
}

export function importNotFound(spot: Spot, specifier: string): Diagnostic {
  return at(
    spot,
    'IMPORT_NOT_FOUND',
    `Expected "${specifier}" to be a module that workflow code can import, got nothing under that name.`,
    'Install the package or mend the path. Modules that only steps need are left out by themselves.',
  );
}

export function topLevelAwait(spot: Spot): Diagnostic {
  return at(
    spot,
    'TOP_LEVEL_AWAIT',
    'Expected workflow code that loads at once, got an await at the top level of a module.',
    'Move the awaited work into a step. Awaits that no workflow needs are left out by themselves.',
  );
}

export function programFailed(reason: string): Diagnostic {
  return {
    code: 'PROGRAM_FAILED',
    message: `Expected the workflow code to bundle into one program, got: ${reason}`,
    hint: 'Workflow files and what they import must resolve and parse. Work that needs other modules belongs in steps.',
  };
}

export function hooksMissing(version: string): Diagnostic {
  return {
    code: 'HOOKS_MISSING',
    message: `Expected Node 22.15 or later to compile files as they load, got ${version}.`,
    hint: 'Update Node, or build the app with a bundler plugin.',
  };
}

/** What a caller reads who calls a workflow function directly on the host. */
export function workflowCalledDirectly(name: string): string {
  return (
    `Expected the workflow "${name}" to be started, got a direct call. ` +
    `Use start(${name}, [...args]) from "perdure/api": a workflow runs durably, apart from the code that starts it.`
  );
}

/** Why `perdure check` found nothing in a file that mentions a directive. */
export const skipReasons: {
  tooLarge: (bytes: number, limit: number) => string;
  parse: (diagnostic: Diagnostic) => string;
  noDirective: string;
} = {
  tooLarge: (bytes, limit) => `Expected at most ${limit} bytes, got ${bytes}.`,
  parse: ({ message, loc }) => `${message} (line ${loc?.line}, column ${loc?.column})`,
  noDirective:
    'The text mentions a directive, but not as the first statement of a function or file: it is in a comment, a string, or after other code.',
};
