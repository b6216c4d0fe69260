chunks.stream_id bigint not null
chunks.first integer not null
chunks.count integer not null
chunks.append_id text not null
chunks.data bytea not null
events.run_id text not null
events.version integer not null
events.event_type text not null
events.correlation_id text
events.key text
events.subject text
events.created_at double precision not null
events.data json not null
hooks.token bytea not null
hooks.run_id text not null
hooks.correlation_id text not null
hooks.version integer not null
hooks.live boolean not null default true
hooks.kept_until double precision
migrations.name text not null
migrations.breaks boolean not null default false
migrations.applied_at timestamp with time zone not null default now()
offered_steps.run_id text not null
offered_steps.correlation_id text not null
offered_steps.step_name text not null
offered_steps.created_version integer not null
offered_steps.failures integer not null
offered_steps.attempt integer not null
offered_steps.held boolean not null default false
offered_steps.worker text
offered_steps.due_at double precision not null
programs.hash text not null
programs.code text not null
programs.created_at timestamp with time zone not null default now()
runs.run_id text not null
runs.workflow_name text not null
runs.program text not null
runs.status text not null
runs.version integer not null
runs.held boolean not null default false
runs.worker text
runs.epoch bigint not null default 0
runs.wake_at double precision
runs.last_write text
runs.last_send text
runs.replaced text
runs.key text
runs.live_key bytea
runs.parent_run_id text
runs.root_run_id text
runs.created_at double precision not null
runs.started_at double precision
runs.completed_at double precision
runs.updated_at double precision not null
runs.attributes json not null
runs.pause_reason json
runs.error_code text
runs.cancel_reason text
streams.stream_id bigint not null
streams.run_id text not null
streams.name text not null
streams.tail integer not null default 0
streams.closed boolean not null default false
workers.worker text not null
workers.lease_until double precision not null
CREATE UNIQUE INDEX chunks_pkey ON perdure.chunks USING btree (stream_id, first)
CREATE UNIQUE INDEX events_key ON perdure.events USING btree (run_id, key) WHERE (key IS NOT NULL)
CREATE UNIQUE INDEX events_pkey ON perdure.events USING btree (run_id, version)
CREATE UNIQUE INDEX events_subject ON perdure.events USING btree (run_id, event_type, subject) WHERE (subject IS NOT NULL)
CREATE INDEX hooks_by_run ON perdure.hooks USING btree (run_id, correlation_id)
CREATE INDEX hooks_kept ON perdure.hooks USING btree (kept_until) WHERE (NOT live)
CREATE UNIQUE INDEX hooks_pkey ON perdure.hooks USING btree (token)
CREATE UNIQUE INDEX migrations_pkey ON perdure.migrations USING btree (name)
CREATE INDEX offered_steps_due ON perdure.offered_steps USING btree (due_at) WHERE (NOT held)
CREATE INDEX offered_steps_held ON perdure.offered_steps USING btree (worker) WHERE held
CREATE UNIQUE INDEX offered_steps_pkey ON perdure.offered_steps USING btree (run_id, correlation_id)
CREATE UNIQUE INDEX programs_pkey ON perdure.programs USING btree (hash)
CREATE INDEX runs_by_status ON perdure.runs USING btree (status, run_id)
CREATE INDEX runs_due ON perdure.runs USING btree (workflow_name, wake_at) WHERE ((NOT held) AND (wake_at IS NOT NULL))
CREATE INDEX runs_ended ON perdure.runs USING btree (completed_at) WHERE (completed_at IS NOT NULL)
CREATE INDEX runs_held ON perdure.runs USING btree (worker) WHERE held
CREATE UNIQUE INDEX runs_live_key ON perdure.runs USING btree (live_key) WHERE (live_key IS NOT NULL)
CREATE UNIQUE INDEX runs_pkey ON perdure.runs USING btree (run_id)
CREATE UNIQUE INDEX streams_pkey ON perdure.streams USING btree (stream_id)
CREATE UNIQUE INDEX streams_run_id_name_key ON perdure.streams USING btree (run_id, name)
CREATE UNIQUE INDEX workers_pkey ON perdure.workers USING btree (worker)
offered_steps with {fillfactor=70,autovacuum_vacuum_scale_factor=0.05}
runs with {fillfactor=70,autovacuum_vacuum_scale_factor=0.05}
streams with {fillfactor=50}
workers with {fillfactor=50}
CREATE OR REPLACE FUNCTION perdure.append(p_batch json, p_origin text, p_at double precision)
 RETURNS TABLE(outcome text, version integer, correlation_id text, owner text)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
DECLARE
  v_now double precision := perdure.time_now(p_at);
  t record;
  r perdure.runs%ROWTYPE;
BEGIN
  FOR t IN SELECT * FROM json_to_recordset(p_batch) AS x(
      run text, worker text, epoch bigint, after integer, write text, tail integer, wake double precision, release boolean, lease double precision,
      updated double precision, changed boolean, status text, started double precision, completed double precision, program text,
      attributes text, pause text, error text, cancel text, owns boolean, events json, tokens json, offers json, tell boolean)
  LOOP
    correlation_id := NULL; owner := NULL;
    LOOP
      IF t.tokens IS NOT NULL THEN
        -- Held first: tokens are taken only by an append that will be written.
        PERFORM 1 FROM perdure.runs k WHERE k.run_id = t.run AND k.held AND k.epoch = t.epoch AND k.worker = t.worker AND k.version = t.after FOR UPDATE;
        IF FOUND THEN
          SELECT x.correlation_id, x.owner INTO correlation_id, owner FROM perdure.take_tokens(t.run, t.tokens, v_now) x;
          IF owner IS NOT NULL THEN
            outcome := 'token-taken'; version := t.after;
            RETURN NEXT;
            EXIT;
          END IF;
        END IF;
      END IF;
      UPDATE perdure.runs k SET version = t.tail, last_write = t.write,
          -- A due run keeps its place: its row stays where the index has it.
          wake_at = CASE WHEN t.wake <= v_now AND k.wake_at <= v_now THEN k.wake_at ELSE t.wake END,
          held = NOT t.release, epoch = CASE WHEN t.release THEN nextval('perdure.epochs') ELSE k.epoch END, updated_at = t.updated,
          status = CASE WHEN t.changed THEN t.status ELSE k.status END, started_at = CASE WHEN t.changed THEN t.started ELSE k.started_at END,
          completed_at = t.completed, program = CASE WHEN t.changed THEN t.program ELSE k.program END,
          attributes = coalesce(t.attributes::json, k.attributes), pause_reason = CASE WHEN t.changed THEN t.pause::json ELSE k.pause_reason END,
          error_code = t.error, cancel_reason = t.cancel, live_key = CASE WHEN t.completed IS NULL THEN k.live_key END
        WHERE k.run_id = t.run AND k.held AND k.epoch = t.epoch AND k.worker = t.worker AND k.version = t.after;
      IF FOUND THEN
        INSERT INTO perdure.events (run_id, version, event_type, correlation_id, key, subject, created_at, data)
          SELECT t.run, e.v, e.type, e.id, e.key, e.subject, e.at, e.data::json
          FROM json_to_recordset(t.events) AS e(v integer, type text, id text, key text, subject text, at double precision, data text);
        IF t.offers IS NOT NULL THEN
          INSERT INTO perdure.offered_steps (run_id, correlation_id, step_name, created_version, failures, attempt, due_at)
            SELECT t.run, o.id, o.name, o.created, o.failures, o.attempt, o.at
            FROM json_to_recordset(t.offers) AS o(id text, name text, created integer, failures integer, attempt integer, at double precision);
          PERFORM perdure.hint(p_origin, 'offered', t.run);
        END IF;
        IF t.tell THEN PERFORM perdure.hint(p_origin, 'moved', t.run); END IF;
        IF t.completed IS NOT NULL THEN
          IF t.owns THEN PERFORM perdure.free_run(t.run, v_now); END IF;
          PERFORM perdure.hint(p_origin, 'ended', t.run);
        ELSIF t.release AND t.wake <= v_now THEN
          PERFORM perdure.hint(p_origin, 'due', t.run);
        END IF;
        outcome := 'appended'; version := t.tail;
        RETURN NEXT;
        EXIT;
      END IF;
      SELECT * INTO r FROM perdure.runs k WHERE k.run_id = t.run FOR UPDATE;
      version := r.version;
      IF NOT FOUND THEN outcome := 'claim-lost';
      ELSIF r.last_write = t.write THEN outcome := 'appended'; version := t.tail;
      ELSIF r.epoch <> t.epoch OR r.worker IS DISTINCT FROM t.worker OR r.completed_at IS NOT NULL THEN outcome := 'claim-lost';
      ELSIF r.version <> t.after THEN outcome := 'tail-moved';
      ELSE
        -- Its lease ended, and nobody took the run.
        UPDATE perdure.runs k SET held = true WHERE k.run_id = t.run;
        PERFORM perdure.hold_lease(t.worker, t.lease, v_now);
        CONTINUE;
      END IF;
      RETURN NEXT;
      EXIT;
    END LOOP;
  END LOOP;
END $function$

CREATE OR REPLACE FUNCTION perdure.append_chunks(p_run text, p_name text, p_count integer, p_data bytea, p_id text, p_again boolean, p_hint text, p_origin text)
 RETURNS TABLE(outcome text, tail integer)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
DECLARE
  s perdure.streams%ROWTYPE;
BEGIN
  LOOP
    SELECT * INTO s FROM perdure.streams x WHERE x.run_id = p_run AND x.name = p_name FOR UPDATE;
    EXIT WHEN FOUND;
    IF NOT EXISTS (SELECT 1 FROM perdure.runs k WHERE k.run_id = p_run) THEN
      outcome := 'unknown'; tail := 0;
      RETURN NEXT; RETURN;
    END IF;
    IF p_count = 0 THEN
      outcome := 'appended'; tail := 0;
      RETURN NEXT; RETURN;
    END IF;
    INSERT INTO perdure.streams (run_id, name) VALUES (p_run, p_name) ON CONFLICT DO NOTHING;
  END LOOP;
  IF p_again THEN
    SELECT c.first + c.count INTO tail FROM perdure.chunks c WHERE c.stream_id = s.stream_id AND c.append_id = p_id;
    IF FOUND THEN
      outcome := 'appended';
      RETURN NEXT; RETURN;
    END IF;
  END IF;
  tail := s.tail;
  outcome := CASE WHEN s.closed THEN 'closed' ELSE 'appended' END;
  IF NOT s.closed AND p_count > 0 THEN
    tail := s.tail + p_count;
    INSERT INTO perdure.chunks (stream_id, first, count, append_id, data) VALUES (s.stream_id, s.tail, p_count, p_id, p_data);
    UPDATE perdure.streams x SET tail = s.tail + p_count WHERE x.stream_id = s.stream_id;
    PERFORM perdure.hint(p_origin, 'stream', p_hint);
  END IF;
  RETURN NEXT;
END $function$

CREATE OR REPLACE FUNCTION perdure.bury_workers(p_now double precision)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_worker text;
BEGIN
  FOR v_worker IN SELECT w.worker FROM perdure.workers w WHERE w.lease_until <= p_now FOR UPDATE SKIP LOCKED LOOP
    UPDATE perdure.runs SET held = false WHERE run_id IN (
      SELECT k.run_id FROM perdure.runs k WHERE k.held AND k.worker = v_worker FOR UPDATE SKIP LOCKED);
    UPDATE perdure.offered_steps SET held = false WHERE (run_id, correlation_id) IN (
      SELECT o.run_id, o.correlation_id FROM perdure.offered_steps o WHERE o.held AND o.worker = v_worker FOR UPDATE SKIP LOCKED);
    DELETE FROM perdure.workers w WHERE w.worker = v_worker
      AND NOT EXISTS (SELECT 1 FROM perdure.runs k WHERE k.held AND k.worker = v_worker)
      AND NOT EXISTS (SELECT 1 FROM perdure.offered_steps o WHERE o.held AND o.worker = v_worker);
  END LOOP;
END $function$

CREATE OR REPLACE FUNCTION perdure.cancel_run(p_run text, p_data text, p_reason text, p_key text, p_origin text, p_now double precision)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  r perdure.runs%ROWTYPE;
BEGIN
  UPDATE perdure.runs SET version = version + 1, updated_at = greatest(p_now, updated_at), completed_at = greatest(p_now, updated_at),
      status = 'cancelled', cancel_reason = p_reason, pause_reason = NULL, wake_at = NULL, held = false,
      epoch = nextval('perdure.epochs'), live_key = NULL
    WHERE run_id = p_run RETURNING * INTO r;
  INSERT INTO perdure.events (run_id, version, event_type, key, created_at, data)
    VALUES (p_run, r.version, 'run_cancelled', p_key, r.updated_at, p_data::json);
  PERFORM perdure.free_run(p_run, p_now);
  PERFORM perdure.hint(p_origin, 'ended', p_run);
END $function$

CREATE OR REPLACE FUNCTION perdure.claim_runs(p_worker text, p_lease double precision, p_limit integer, p_names text[], p_known text[], p_at double precision)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_now double precision := perdure.time_now(p_at);
  v_taken json[] := '{}';
  v_some json[];
  v_names text[];
  v_name text;
  v_share integer;
  v_left integer := p_limit;
  v_round integer;
  v_next double precision;
BEGIN
  PERFORM perdure.bury_workers(v_now);
  IF p_known IS NOT NULL THEN
    SELECT coalesce(array_agg(perdure.claimed(k)), '{}') INTO v_taken FROM perdure.runs k
      WHERE k.held AND k.worker = p_worker AND k.run_id <> ALL (p_known);
    v_left := v_left - cardinality(v_taken);
  END IF;
  WHILE v_left > 0 LOOP
    SELECT array_agg(w.workflow_name ORDER BY random()) INTO v_names FROM perdure.next_wakes(p_names) w WHERE w.wake_at <= v_now;
    EXIT WHEN v_names IS NULL;
    v_share := greatest(1, v_left / cardinality(v_names));
    v_round := 0;
    FOREACH v_name IN ARRAY v_names LOOP
      EXIT WHEN v_left <= 0;
      WITH due AS MATERIALIZED (
        SELECT k.run_id FROM perdure.runs k WHERE NOT k.held AND k.workflow_name = v_name AND k.wake_at <= v_now
          ORDER BY k.wake_at LIMIT least(v_share, v_left) FOR UPDATE SKIP LOCKED),
      taken AS (
        UPDATE perdure.runs k SET held = true, worker = p_worker, epoch = nextval('perdure.epochs')
          FROM due WHERE k.run_id = due.run_id RETURNING k.*)
      SELECT array_agg(perdure.claimed(taken)) INTO v_some FROM taken;
      IF v_some IS NOT NULL THEN
        v_taken := v_taken || v_some;
        v_left := v_left - cardinality(v_some);
        v_round := v_round + cardinality(v_some);
      END IF;
    END LOOP;
    EXIT WHEN v_round = 0;
  END LOOP;
  IF cardinality(v_taken) > 0 THEN
    PERFORM perdure.hold_lease(p_worker, p_lease, v_now);
  END IF;
  SELECT least(
    (SELECT min(w.wake_at) FROM perdure.next_wakes(p_names) w),
    (SELECT min(w.lease_until) FROM perdure.workers w WHERE w.worker <> p_worker AND EXISTS (
      SELECT 1 FROM perdure.runs k WHERE k.held AND k.worker = w.worker)),
    (SELECT min(o.due_at) FROM perdure.offered_steps o WHERE NOT o.held AND o.due_at > v_now),
    (SELECT min(greatest(w.lease_until, o.due_at)) FROM perdure.offered_steps o JOIN perdure.workers w ON w.worker = o.worker
      WHERE o.held)) INTO v_next;
  RETURN json_build_object('now', v_now, 'next', v_next, 'runs', array_to_json(v_taken),
    'offered', EXISTS (SELECT 1 FROM perdure.offered_steps o WHERE NOT o.held AND o.due_at <= v_now));
END $function$

CREATE OR REPLACE FUNCTION perdure.claim_steps(p_worker text, p_lease double precision, p_limit integer, p_names text[], p_known text[], p_origin text, p_at double precision)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_now double precision := perdure.time_now(p_at);
  v_taken json[] := '{}';
  v_next double precision;
  v_version integer;
  v_at double precision;
  s record;
  r perdure.runs%ROWTYPE;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('perdure steps perdure', 0));
  PERFORM perdure.bury_workers(v_now);
  IF p_known IS NOT NULL THEN
    SELECT coalesce(array_agg(perdure.offered_facts(o)), '{}') INTO v_taken FROM perdure.offered_steps o
      WHERE o.held AND o.worker = p_worker AND o.run_id || ' ' || o.correlation_id <> ALL (p_known);
  END IF;
  FOR s IN
    WITH due AS MATERIALIZED (
      SELECT o.run_id, o.correlation_id FROM perdure.offered_steps o
        WHERE NOT o.held AND o.due_at <= v_now AND (p_names IS NULL OR o.step_name = ANY (p_names))
        ORDER BY o.due_at, o.created_version LIMIT greatest(0, p_limit - cardinality(v_taken)))
    SELECT due.run_id, due.correlation_id FROM due ORDER BY due.run_id
  LOOP
    SELECT * INTO r FROM perdure.runs k WHERE k.run_id = s.run_id FOR UPDATE;
    CONTINUE WHEN NOT FOUND OR r.completed_at IS NOT NULL;
    v_version := r.version + 1;
    v_at := greatest(v_now, r.updated_at);
    UPDATE perdure.offered_steps o SET held = true, worker = p_worker, attempt = o.attempt + 1,
        due_at = greatest(o.due_at, perdure.restart_time(o.attempt + 1, o.failures, v_at))
      WHERE o.run_id = s.run_id AND o.correlation_id = s.correlation_id AND NOT o.held;
    CONTINUE WHEN NOT FOUND;
    INSERT INTO perdure.events (run_id, version, event_type, correlation_id, created_at, data)
      SELECT o.run_id, v_version, 'step_started', o.correlation_id, v_at, json_build_object('attempt', o.attempt, 'worker', o.worker)
      FROM perdure.offered_steps o WHERE o.run_id = s.run_id AND o.correlation_id = s.correlation_id;
    UPDATE perdure.runs k SET version = v_version, updated_at = v_at WHERE k.run_id = s.run_id;
    IF r.held THEN PERFORM perdure.hint(p_origin, 'moved', s.run_id); END IF;
    SELECT v_taken || perdure.offered_facts(o) INTO v_taken FROM perdure.offered_steps o
      WHERE o.run_id = s.run_id AND o.correlation_id = s.correlation_id;
  END LOOP;
  IF cardinality(v_taken) > 0 THEN
    PERFORM perdure.hold_lease(p_worker, p_lease, v_now);
  END IF;
  SELECT least(
    (SELECT min(o.due_at) FROM perdure.offered_steps o WHERE NOT o.held AND (p_names IS NULL OR o.step_name = ANY (p_names))),
    (SELECT min(greatest(w.lease_until, o.due_at)) FROM perdure.offered_steps o JOIN perdure.workers w ON w.worker = o.worker
      WHERE o.held AND (p_names IS NULL OR o.step_name = ANY (p_names)))) INTO v_next;
  RETURN json_build_object('now', v_now, 'next', v_next, 'steps', array_to_json(v_taken));
END $function$

CREATE OR REPLACE FUNCTION perdure.claimed(k perdure.runs)
 RETURNS json
 LANGUAGE sql
 STABLE
AS $function$
  SELECT json_build_object('run', row_to_json(k), 'recent', (SELECT coalesce(json_agg(row_to_json(e) ORDER BY e.version), '[]')
    FROM perdure.events e WHERE e.run_id = k.run_id AND e.version > k.version - 8))
$function$

CREATE OR REPLACE FUNCTION perdure.close_stream(p_run text, p_name text, p_hint text, p_origin text)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM perdure.runs k WHERE k.run_id = p_run) THEN
    RETURN false;
  END IF;
  INSERT INTO perdure.streams AS s (run_id, name, closed) VALUES (p_run, p_name, true)
    ON CONFLICT (run_id, name) DO UPDATE SET closed = true WHERE NOT s.closed;
  IF FOUND THEN
    PERFORM perdure.hint(p_origin, 'stream', p_hint);
  END IF;
  RETURN true;
END $function$

CREATE OR REPLACE FUNCTION perdure.create_runs(p_batch json, p_origin text, p_at double precision)
 RETURNS TABLE(outcome text, epoch bigint, replaced text, run json)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
DECLARE
  v_now double precision := perdure.time_now(p_at);
  v_due double precision;
  v_epoch bigint;
  v_replaced text;
  c record;
  r perdure.runs%ROWTYPE;
BEGIN
  FOR c IN SELECT * FROM json_to_recordset(p_batch) AS x(
      run text, workflow text, program text, key text, live_key text, parent text, root text, created double precision,
      attributes text, data text, wake double precision, worker text, lease double precision, conflict text, write text, reason text, cancel text)
  LOOP
    v_replaced := NULL;
    v_due := coalesce(c.wake, v_now);
    LOOP
      IF c.live_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM perdure.runs k WHERE k.run_id = c.run) THEN
        SELECT * INTO r FROM perdure.runs k WHERE k.live_key = decode(c.live_key, 'hex') FOR UPDATE;
        IF FOUND AND c.conflict = 'replace' THEN
          PERFORM perdure.cancel_run(r.run_id, c.cancel, c.reason, NULL, p_origin, v_now);
          v_replaced := r.run_id;
        ELSIF FOUND THEN
          outcome := CASE c.conflict WHEN 'fail' THEN 'key-taken' ELSE 'joined' END;
          epoch := NULL; replaced := NULL; run := row_to_json(r);
          RETURN NEXT;
          EXIT;
        END IF;
      END IF;
      v_epoch := CASE WHEN c.worker IS NULL THEN 0 ELSE nextval('perdure.epochs') END;
      INSERT INTO perdure.runs (run_id, workflow_name, program, status, version, held, worker, epoch, wake_at, last_write, replaced, key, live_key,
          parent_run_id, root_run_id, created_at, updated_at, attributes)
        VALUES (c.run, c.workflow, c.program, 'pending', 1, c.worker IS NOT NULL, c.worker, v_epoch, v_due, c.write, v_replaced, c.key,
          decode(c.live_key, 'hex'), c.parent, c.root, c.created, c.created, c.attributes::json)
        ON CONFLICT DO NOTHING;
      IF FOUND THEN
        INSERT INTO perdure.events (run_id, version, event_type, created_at, data) VALUES (c.run, 1, 'run_created', c.created, c.data::json);
        IF c.worker IS NOT NULL THEN
          PERFORM perdure.hold_lease(c.worker, c.lease, v_now);
        ELSIF v_due <= v_now THEN
          PERFORM perdure.hint(p_origin, 'due', c.run);
        END IF;
        outcome := 'created'; epoch := v_epoch; replaced := v_replaced; run := NULL;
        RETURN NEXT;
        EXIT;
      END IF;
      SELECT * INTO r FROM perdure.runs k WHERE k.run_id = c.run;
      IF FOUND THEN
        -- This very write, whose reply was lost, made it.
        outcome := CASE WHEN r.last_write = c.write THEN 'created' ELSE 'known' END;
        epoch := CASE WHEN r.held AND r.worker = c.worker THEN r.epoch END; replaced := CASE outcome WHEN 'created' THEN r.replaced END; run := row_to_json(r);
        RETURN NEXT;
        EXIT;
      END IF;
    END LOOP;
  END LOOP;
END $function$

CREATE OR REPLACE FUNCTION perdure.finish_step(p_end json, p_origin text, p_at double precision)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_now double precision := perdure.time_now(p_at);
  e record;
  r perdure.runs%ROWTYPE;
BEGIN
  SELECT * INTO e FROM json_to_record(p_end) AS x(run text, id text, attempt integer, worker text, type text, data text);
  SELECT * INTO r FROM perdure.runs k WHERE k.run_id = e.run FOR UPDATE;
  DELETE FROM perdure.offered_steps o
    WHERE o.run_id = e.run AND o.correlation_id = e.id AND o.attempt = e.attempt AND o.worker = e.worker;
  IF NOT FOUND THEN RETURN NULL; END IF;
  INSERT INTO perdure.events (run_id, version, event_type, correlation_id, created_at, data)
    VALUES (e.run, r.version + 1, e.type, e.id, greatest(v_now, r.updated_at), e.data::json);
  UPDATE perdure.runs k SET version = r.version + 1, updated_at = greatest(v_now, r.updated_at), wake_at = least(k.wake_at, v_now)
    WHERE k.run_id = e.run;
  PERFORM perdure.hint(p_origin, CASE WHEN r.held THEN 'moved' ELSE 'due' END, e.run);
  RETURN json_build_object('version', r.version + 1, 'held', r.held);
END $function$

CREATE OR REPLACE FUNCTION perdure.free_run(p_run text, p_now double precision)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  DELETE FROM perdure.offered_steps WHERE run_id = p_run;
  DELETE FROM perdure.hooks WHERE run_id = p_run AND (kept_until IS NULL OR kept_until <= p_now);
  UPDATE perdure.hooks SET live = false WHERE run_id = p_run;
END $function$

CREATE OR REPLACE FUNCTION perdure.hint(p_origin text, p_kind text, p_subject text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF p_origin IS NOT NULL THEN
    PERFORM pg_notify('perdure', p_kind || ' ' || p_subject || ' ' || p_origin);
  END IF;
END $function$

CREATE OR REPLACE FUNCTION perdure.hold_lease(p_worker text, p_lease double precision, p_now double precision)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF EXISTS (SELECT 1 FROM perdure.workers w WHERE w.worker = p_worker AND w.lease_until >= p_now + p_lease * 0.75) THEN
    RETURN;
  END IF;
  INSERT INTO perdure.workers AS w (worker, lease_until) VALUES (p_worker, p_now + p_lease)
    ON CONFLICT (worker) DO UPDATE SET lease_until = greatest(w.lease_until, excluded.lease_until);
END $function$

CREATE OR REPLACE FUNCTION perdure.next_wakes(p_names text[])
 RETURNS TABLE(workflow_name text, wake_at double precision)
 LANGUAGE sql
 STABLE
AS $function$
  WITH RECURSIVE w AS (
    (SELECT k.workflow_name, k.wake_at FROM perdure.runs k WHERE NOT k.held AND k.wake_at IS NOT NULL
      ORDER BY k.workflow_name, k.wake_at LIMIT 1)
    UNION ALL
    SELECT n.workflow_name, n.wake_at FROM w CROSS JOIN LATERAL (
      SELECT k.workflow_name, k.wake_at FROM perdure.runs k WHERE NOT k.held AND k.wake_at IS NOT NULL AND k.workflow_name > w.workflow_name
        ORDER BY k.workflow_name, k.wake_at LIMIT 1) n)
  SELECT w.workflow_name, w.wake_at FROM w WHERE p_names IS NULL OR w.workflow_name = ANY (p_names)
$function$

CREATE OR REPLACE FUNCTION perdure.offered_facts(o perdure.offered_steps)
 RETURNS json
 LANGUAGE sql
 STABLE
AS $function$
  SELECT json_build_object('run', o.run_id, 'id', o.correlation_id, 'attempt', o.attempt, 'failures', o.failures, 'due', o.due_at,
    'step', (SELECT row_to_json(e) FROM perdure.events e WHERE e.run_id = o.run_id AND e.version = o.created_version),
    'attempted', (SELECT row_to_json(e) FROM perdure.events e WHERE e.run_id = o.run_id AND e.event_type = 'step_started'
      AND e.correlation_id = o.correlation_id ORDER BY e.version DESC LIMIT 1),
    'created', (SELECT row_to_json(e) FROM perdure.events e WHERE e.run_id = o.run_id AND e.version = 1),
    'started', (SELECT row_to_json(e) FROM perdure.events e WHERE e.run_id = o.run_id AND e.event_type = 'run_started' AND e.subject = 'run'))
$function$

CREATE OR REPLACE FUNCTION perdure.prune_runs(p_age double precision, p_statuses text[], p_limit integer, p_at double precision)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_now double precision := perdure.time_now(p_at);
  v_runs text[];
BEGIN
  SELECT array_agg(d.run_id) INTO v_runs FROM (
    SELECT k.run_id FROM perdure.runs k WHERE k.completed_at <= v_now - p_age AND k.status = ANY (p_statuses)
      ORDER BY k.completed_at LIMIT p_limit FOR UPDATE SKIP LOCKED) d;
  -- Tokens whose time is over.
  DELETE FROM perdure.hooks WHERE NOT live AND kept_until <= v_now;
  IF v_runs IS NULL THEN RETURN 0; END IF;
  DELETE FROM perdure.chunks WHERE stream_id IN (SELECT s.stream_id FROM perdure.streams s WHERE s.run_id = ANY (v_runs));
  DELETE FROM perdure.streams WHERE run_id = ANY (v_runs);
  DELETE FROM perdure.events WHERE run_id = ANY (v_runs);
  DELETE FROM perdure.runs WHERE run_id = ANY (v_runs);
  RETURN cardinality(v_runs);
END $function$

CREATE OR REPLACE FUNCTION perdure.release_claims(p_claims json, p_origin text, p_at double precision)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_now double precision := perdure.time_now(p_at);
  v_run text;
  v_due text[] := '{}';
BEGIN
  FOR v_run IN
    WITH given AS MATERIALIZED (
      SELECT k.run_id FROM perdure.runs k JOIN json_to_recordset(p_claims) AS c(run text, worker text, epoch bigint)
        ON k.run_id = c.run AND k.worker = c.worker AND k.epoch = c.epoch
        WHERE k.completed_at IS NULL ORDER BY k.run_id FOR UPDATE OF k)
    UPDATE perdure.runs k SET held = false, epoch = nextval('perdure.epochs') FROM given
      WHERE k.run_id = given.run_id RETURNING CASE WHEN k.wake_at <= v_now THEN k.run_id END
  LOOP
    IF v_run IS NOT NULL THEN
      v_due := v_due || v_run;
      PERFORM perdure.hint(p_origin, 'due', v_run);
    END IF;
  END LOOP;
  RETURN array_to_json(v_due);
END $function$

CREATE OR REPLACE FUNCTION perdure.release_steps(p_claims json, p_origin text, p_at double precision)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_now double precision := perdure.time_now(p_at);
  v_run text;
  v_due text[] := '{}';
BEGIN
  FOR v_run IN
    UPDATE perdure.offered_steps o SET held = false, worker = NULL
      FROM json_to_recordset(p_claims) AS c(run text, id text, attempt integer, worker text)
      WHERE o.run_id = c.run AND o.correlation_id = c.id AND o.attempt = c.attempt AND o.worker = c.worker
      RETURNING CASE WHEN o.due_at <= v_now THEN o.run_id END
  LOOP
    CONTINUE WHEN v_run IS NULL;
    v_due := v_due || v_run;
    PERFORM perdure.hint(p_origin, 'offered', v_run);
  END LOOP;
  RETURN array_to_json(v_due);
END $function$

CREATE OR REPLACE FUNCTION perdure.renew_claims(p_worker text, p_lease double precision, p_claims json, p_at double precision)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_now double precision := perdure.time_now(p_at);
  v_answer json;
BEGIN
  INSERT INTO perdure.workers AS w (worker, lease_until) VALUES (p_worker, v_now + p_lease)
    ON CONFLICT (worker) DO UPDATE SET lease_until = greatest(w.lease_until, excluded.lease_until);
  UPDATE perdure.runs k SET held = true FROM json_to_recordset(p_claims) AS c(run text, epoch bigint, version integer)
    WHERE k.run_id = c.run AND k.epoch = c.epoch AND k.worker = p_worker AND NOT k.held AND k.completed_at IS NULL;
  SELECT json_build_object('now', v_now,
      'lost', coalesce(json_agg(c.run) FILTER (WHERE k.run_id IS NULL), '[]'),
      'moved', coalesce(json_agg(c.run) FILTER (WHERE k.version > c.version), '[]'))
    INTO v_answer
    FROM json_to_recordset(p_claims) AS c(run text, epoch bigint, version integer)
    LEFT JOIN perdure.runs k ON k.run_id = c.run AND k.epoch = c.epoch AND k.worker = p_worker AND k.held;
  RETURN v_answer;
END $function$

CREATE OR REPLACE FUNCTION perdure.renew_steps(p_worker text, p_lease double precision, p_claims json, p_at double precision)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
DECLARE
  v_now double precision := perdure.time_now(p_at);
BEGIN
  INSERT INTO perdure.workers AS w (worker, lease_until) VALUES (p_worker, v_now + p_lease)
    ON CONFLICT (worker) DO UPDATE SET lease_until = greatest(w.lease_until, excluded.lease_until);
  UPDATE perdure.offered_steps o SET held = true FROM json_to_recordset(p_claims) AS c(run text, id text, attempt integer)
    WHERE o.run_id = c.run AND o.correlation_id = c.id AND o.attempt = c.attempt AND o.worker = p_worker AND NOT o.held;
  RETURN (SELECT coalesce(json_agg(c.place), '[]') FROM json_to_recordset(p_claims) AS c(place integer, run text, id text, attempt integer)
    WHERE NOT EXISTS (SELECT 1 FROM perdure.offered_steps o
      WHERE o.run_id = c.run AND o.correlation_id = c.id AND o.attempt = c.attempt AND o.worker = p_worker AND o.held));
END $function$

CREATE OR REPLACE FUNCTION perdure.restart_time(p_attempt integer, p_failures integer, p_started double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT CASE WHEN p_attempt - p_failures <= 3 THEN 0
    ELSE p_started + least(60000, 1000 * 2::double precision ^ (p_attempt - p_failures - 3 - 1)) END
$function$

CREATE OR REPLACE FUNCTION perdure.send(p_event json, p_origin text, p_at double precision)
 RETURNS TABLE(outcome text, version integer, created_at double precision, status text, held boolean, epoch bigint)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
DECLARE
  v_now double precision := perdure.time_now(p_at);
  v_epoch bigint;
  e record;
  r perdure.runs%ROWTYPE;
BEGIN
  SELECT * INTO e FROM json_to_record(p_event) AS x(
    run text, type text, id text, key text, subject text, after integer, data text, reason text, program text, attributes text, write text,
    worker text, lease double precision);
  SELECT * INTO r FROM perdure.runs k WHERE k.run_id = e.run FOR UPDATE;
  IF NOT FOUND THEN
    outcome := 'unknown';
    RETURN NEXT; RETURN;
  END IF;
  version := r.version; status := r.status; held := r.held;
  SELECT x.version, x.created_at INTO version, created_at FROM perdure.events x WHERE x.run_id = e.run AND x.key = e.key;
  IF FOUND THEN
    -- This very send, whose reply was lost, made it.
    outcome := CASE WHEN r.last_send = e.write THEN 'sent' ELSE 'duplicate' END;
    epoch := CASE WHEN r.held AND r.worker = e.worker AND outcome = 'sent' THEN r.epoch END;
    RETURN NEXT; RETURN;
  END IF;
  version := r.version;
  outcome := CASE
    WHEN r.completed_at IS NOT NULL THEN 'ended'
    WHEN e.after <> r.version THEN 'tail-moved'
    WHEN e.type = 'hook_received' AND NOT EXISTS (
      SELECT 1 FROM perdure.hooks h WHERE h.run_id = e.run AND h.correlation_id = e.id AND h.live) THEN 'no-hook'
    WHEN e.type = 'wait_completed' AND NOT EXISTS (
      SELECT 1 FROM perdure.events x WHERE x.run_id = e.run AND x.event_type = 'wait_created' AND x.subject = e.subject) THEN 'no-wait'
    WHEN e.type = 'run_resumed' AND e.program IS NULL AND r.status <> 'paused' THEN 'not-paused'
    WHEN e.subject IS NOT NULL AND EXISTS (
      SELECT 1 FROM perdure.events x WHERE x.run_id = e.run AND x.event_type = e.type AND x.subject = e.subject) THEN
        CASE e.type WHEN 'wait_completed' THEN 'no-wait' ELSE 'twice' END
    ELSE 'sent' END;
  IF outcome <> 'sent' THEN RETURN NEXT; RETURN; END IF;
  version := r.version + 1;
  created_at := greatest(v_now, r.updated_at);
  IF e.type = 'run_cancelled' THEN
    PERFORM perdure.cancel_run(e.run, e.data, e.reason, e.key, p_origin, v_now);
    UPDATE perdure.runs k SET last_send = e.write WHERE k.run_id = e.run;
    RETURN NEXT; RETURN;
  END IF;
  IF e.worker IS NOT NULL AND NOT r.held THEN
    v_epoch := nextval('perdure.epochs');
    PERFORM perdure.hold_lease(e.worker, e.lease, v_now);
  END IF;
  UPDATE perdure.runs k SET version = k.version + 1, updated_at = greatest(v_now, k.updated_at),
      held = r.held OR v_epoch IS NOT NULL, worker = CASE WHEN v_epoch IS NULL THEN k.worker ELSE e.worker END, epoch = coalesce(v_epoch, k.epoch),
      -- The earlier of both, so that a run that has been due for long does not lose its place to newer ones.
      wake_at = least(k.wake_at, v_now),
      last_send = e.write, program = coalesce(e.program, k.program), attributes = coalesce(e.attributes::json, k.attributes),
      status = CASE WHEN e.type <> 'run_resumed' THEN k.status WHEN k.started_at IS NULL THEN 'pending' ELSE 'running' END,
      pause_reason = CASE WHEN e.type <> 'run_resumed' THEN k.pause_reason END
    WHERE k.run_id = e.run;
  INSERT INTO perdure.events (run_id, version, event_type, correlation_id, key, subject, created_at, data)
    VALUES (e.run, version, e.type, e.id, e.key, e.subject, created_at, e.data::json);
  epoch := v_epoch;
  -- Who comes with it needs no hint; attempts of offered steps listen for aborts.
  IF v_epoch IS NULL OR e.type = 'abort_requested' THEN
    PERFORM perdure.hint(p_origin, CASE WHEN r.held OR v_epoch IS NOT NULL THEN 'moved' ELSE 'due' END, e.run);
  END IF;
  RETURN NEXT;
END $function$

CREATE OR REPLACE FUNCTION perdure.take_tokens(p_run text, p_tokens json, p_now double precision)
 RETURNS TABLE(correlation_id text, owner text)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
DECLARE
  t record;
BEGIN
  correlation_id := NULL; owner := NULL;
  BEGIN
    FOR t IN SELECT * FROM json_to_recordset(p_tokens) AS x(token text, id text, v integer, until double precision, free boolean) LOOP
      IF t.free THEN
        DELETE FROM perdure.hooks h WHERE h.token = decode(t.token, 'hex') AND h.run_id = p_run;
        CONTINUE;
      END IF;
      LOOP
        INSERT INTO perdure.hooks AS h (token, run_id, correlation_id, version, kept_until)
          VALUES (decode(t.token, 'hex'), p_run, t.id, t.v, t.until)
          ON CONFLICT (token) DO UPDATE SET run_id = excluded.run_id, correlation_id = excluded.correlation_id, version = excluded.version,
            kept_until = excluded.kept_until, live = true
          WHERE NOT h.live AND h.kept_until <= p_now;
        EXIT WHEN FOUND;
        SELECT h.run_id INTO owner FROM perdure.hooks h WHERE h.token = decode(t.token, 'hex');
        IF FOUND THEN
          correlation_id := t.id;
          RAISE EXCEPTION USING ERRCODE = 'PD001', MESSAGE = 'a token is taken';
        END IF;
      END LOOP;
    END LOOP;
  EXCEPTION WHEN SQLSTATE 'PD001' THEN
    -- What was taken and freed before is as it was.
  END;
  RETURN NEXT;
END $function$

CREATE OR REPLACE FUNCTION perdure.time_now(p_at double precision)
 RETURNS double precision
 LANGUAGE sql
AS $function$
  SELECT coalesce(p_at, floor(extract(epoch FROM clock_timestamp()) * 1000)::double precision)
$function$

