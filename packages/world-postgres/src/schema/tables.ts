/** The tables. Ids compare by code unit (`COLLATE "C"`); times are milliseconds since the epoch. */
export const tables = `
CREATE TABLE {{schema}}.runs (
  run_id text COLLATE "C" PRIMARY KEY,
  workflow_name text COLLATE "C" NOT NULL,
  program text NOT NULL,
  status text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  -- The claim: who drives it, fenced by an epoch that no two claims share. A dead worker's run is not held, but its epoch holds until another claims.
  held boolean NOT NULL DEFAULT false,
  worker text COLLATE "C",
  epoch bigint NOT NULL DEFAULT 0,
  -- When it is due if nobody holds it; null: only an event from outside makes it due.
  wake_at double precision,
  -- The last write of an owner, by which it is known when its reply was lost.
  last_write text,
  -- The same for who sends from outside.
  last_send text,
  -- The run that it took the key of.
  replaced text,
  key text,
  live_key bytea,
  parent_run_id text,
  root_run_id text,
  created_at double precision NOT NULL,
  started_at double precision,
  completed_at double precision,
  updated_at double precision NOT NULL,
  attributes json NOT NULL,
  pause_reason json,
  error_code text,
  cancel_reason text
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX runs_due ON {{schema}}.runs (workflow_name, wake_at) WHERE NOT held AND wake_at IS NOT NULL;
CREATE INDEX runs_held ON {{schema}}.runs (worker) WHERE held;
CREATE INDEX runs_by_status ON {{schema}}.runs (status, run_id);
CREATE INDEX runs_ended ON {{schema}}.runs (completed_at) WHERE completed_at IS NOT NULL;
CREATE UNIQUE INDEX runs_live_key ON {{schema}}.runs (live_key) WHERE live_key IS NOT NULL;

CREATE SEQUENCE {{schema}}.epochs CACHE 1;

CREATE TABLE {{schema}}.events (
  run_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  event_type text NOT NULL,
  correlation_id text COLLATE "C",
  key text COLLATE "C",
  -- What may be there once per run and type: a wait, an abort, a child.
  subject text COLLATE "C",
  created_at double precision NOT NULL,
  data json NOT NULL,
  PRIMARY KEY (run_id, version)
);

CREATE UNIQUE INDEX events_key ON {{schema}}.events (run_id, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX events_subject ON {{schema}}.events (run_id, event_type, subject) WHERE subject IS NOT NULL;

CREATE TABLE {{schema}}.hooks (
  -- SHA-256 of the token.
  token bytea PRIMARY KEY,
  run_id text COLLATE "C" NOT NULL,
  correlation_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  live boolean NOT NULL DEFAULT true,
  -- The token stays taken until then when its run ends before; null: it does not.
  kept_until double precision
);

CREATE INDEX hooks_by_run ON {{schema}}.hooks (run_id, correlation_id);
CREATE INDEX hooks_kept ON {{schema}}.hooks (kept_until) WHERE NOT live;

CREATE TABLE {{schema}}.workers (
  worker text COLLATE "C" PRIMARY KEY,
  lease_until double precision NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE {{schema}}.programs (
  hash text COLLATE "C" PRIMARY KEY,
  code text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE {{schema}}.streams (
  stream_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  tail integer NOT NULL DEFAULT 0,
  closed boolean NOT NULL DEFAULT false,
  UNIQUE (run_id, name)
) WITH (fillfactor = 50);

-- One row holds the chunks of one append, each behind its kind and length.
CREATE TABLE {{schema}}.chunks (
  stream_id bigint NOT NULL,
  first integer NOT NULL,
  count integer NOT NULL,
  append_id text NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (stream_id, first)
);
ALTER TABLE {{schema}}.chunks ALTER COLUMN data SET STORAGE EXTERNAL;
`;
