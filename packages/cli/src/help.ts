/** What `--help` prints. */

const worldFlags = `  --world NAME      local (default), memory, postgres, a package or a module path
  --data-dir DIR    data directory of the local world; default .workflow-data`;

const exits = `Exit codes: 0 done, 1 the run did not complete or the check found problems, 2 the command was refused.`;

export const overview: string = `perdure: durable workflows for TypeScript

  perdure run <file>#<workflow>    run a workflow here and show its events
  perdure inspect runs             list runs, newest first
  perdure inspect run <id>         show a run with its steps, hooks and waits
  perdure inspect events <id>      show the history of a run
  perdure why <run>                say what a run waits for
  perdure check [dir]              list the workflows and steps of an app, and what is wrong with them
  perdure upgrade <run>            move a run that is not over to the program of the source as it is now
  perdure migrate                  bring the schema of the world up to date
  perdure prune --older-than 30d   remove runs that ended long ago
  perdure <command> --help
  perdure --version

${exits}`;

export const run: string = `perdure run <file>#<workflow> [flags]

Compiles the file, runs the workflow with a worker in this process, shows its events and what it returns.
Without #<workflow> the only workflow of the file is run.

  --args JSON       arguments of the workflow, a JSON array; default []
${worldFlags}
  --json            progress goes to stderr, and the last line of stdout is
                    {"runId", "status", "returnValue"?, "error"?: {"name", "message", "code"?}}

Exit codes: 0 the run completed, 1 it failed, was cancelled or is paused, 2 it was not started.
On Ctrl-C the run is given back: it goes on when a worker of its world starts.`;

export const inspect: string = `perdure inspect runs | run <id> | events <id>

Reads only: it makes no data directory, and disturbs no worker.
See perdure inspect runs --help, perdure inspect run --help and perdure inspect events --help.`;

export const inspectRuns: string = `perdure inspect runs [flags]

Lists runs, newest first.

  --status S        pending, running, paused, completed, failed or cancelled
  --workflow NAME   name of the workflow, or its whole id
  --limit N         at most so many; default 20
${worldFlags}
  --json            a JSON array of runs; times are milliseconds since the epoch`;

export const inspectRun: string = `perdure inspect run <id> [flags]

Shows a run with its steps, hooks and waits.

${worldFlags}
  --json            one JSON object; times are milliseconds since the epoch`;

export const inspectEvents: string = `perdure inspect events <id> [flags]

Shows the history of a run. Sealed payloads are shown as (sealed).

${worldFlags}
  --json            a JSON array of events; times are milliseconds since the epoch`;

export const check: string = `perdure check [dir] [flags]

Lists every workflow and step below a directory (default: this one), why other files that mention a directive
have none, and everything that a build would reject.

  --json            {"root", "workflows", "steps", "classes", "skipped", "diagnostics"}

Exit codes: 0 nothing is wrong, 1 there are problems, 2 there is no such directory.`;

export const upgrade: string = `perdure upgrade <run> [flags]

Replays the history of a run that is not over against the app's program as its source is now. When it asks for the
very steps, sleeps and hooks that are recorded, the run is moved: it goes on with the new code. When it does not,
nothing is changed, and both places are shown with the likely cause.

  --check           only replay and report
  --root DIR        the app, as for the ids of its workflows; default this directory
  --program HASH    a program that the world holds already, instead of building one
${worldFlags}
  --json            one JSON object: {"runId", "version", "from", "to", "outcome"}, or the divergence

Exit codes: 0 it fits (and was moved), 1 it diverges, 2 the command was refused.`;

export const why: string = `perdure why <run> [flags]

Says what a run that is not over waits for: steps, sleeps, hooks, child runs, a repair, a worker, or nothing at all.

${worldFlags}
  --json            {"runId", "status", "version", "updatedAt", "pauseReason"?, "waitingFor": [...]}`;

export const migrate: string = `perdure migrate [flags]

Brings the schema of the world up to date, and says what was applied. Any number of processes may do so at once, while others work.
For worlds that keep a schema, such as postgres (WORKFLOW_POSTGRES_URL or DATABASE_URL, WORKFLOW_POSTGRES_SCHEMA).

  --check           change nothing, and say what is missing
  --print           change nothing, connect to nothing, and print the SQL: one transaction, harmless when run again
${worldFlags}
  --json            {"applied": [...]}; with --check {"missing": [...]}

Exit codes: 0 it is up to date, 1 with --check: something is missing, 2 the command was refused.`;

export const prune: string = `perdure prune --older-than DURATION [flags]

Removes runs that ended long ago, with their events and streams, and says how many. It does so in batches, each a transaction of its
own: it can be stopped at any time. For worlds that can, such as postgres.

  --older-than D    of runs that ended this long ago, as in 30d, 12h or "1w 2d"; required
  --status S        completed, failed or cancelled, or several with commas; default all three
  --batch N         runs removed at once, 1 to 10000; default 200
${worldFlags}
  --json            {"removed": N}

Exit codes: 0 done, 2 the command was refused.`;
