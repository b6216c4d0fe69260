/** Steps that any worker may run. A row is written only by who has locked the row of its run, but for whose it is. */
export const offering = `
CREATE TABLE {{schema}}.offered_steps (
  run_id text COLLATE "C" NOT NULL,
  correlation_id text COLLATE "C" NOT NULL,
  step_name text COLLATE "C" NOT NULL,
  -- Of its step_created event.
  created_version integer NOT NULL,
  failures integer NOT NULL,
  attempt integer NOT NULL,
  -- The claim: whose attempt it is; a released one is nobody's.
  held boolean NOT NULL DEFAULT false,
  worker text COLLATE "C",
  -- When it may be claimed if nobody holds it.
  due_at double precision NOT NULL,
  PRIMARY KEY (run_id, correlation_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX offered_steps_due ON {{schema}}.offered_steps (due_at) WHERE NOT held;
CREATE INDEX offered_steps_held ON {{schema}}.offered_steps (worker) WHERE held;

-- Claims one after the other, so that no two look at the same steps. What this worker holds without knowing it (p_known: not
-- null when a reply was lost) comes first.
CREATE FUNCTION {{schema}}.claim_steps(p_worker text, p_lease double precision, p_limit integer, p_names text[], p_known text[],
  p_origin text, p_at double precision)
RETURNS json LANGUAGE plpgsql AS $body$
DECLARE
  v_now double precision := {{schema}}.time_now(p_at);
  v_taken json[] := '{}';
  v_next double precision;
  v_version integer;
  v_at double precision;
  s record;
  r {{schema}}.runs%ROWTYPE;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('perdure steps {{name}}', 0));
  PERFORM {{schema}}.bury_workers(v_now);
  IF p_known IS NOT NULL THEN
    SELECT coalesce(array_agg({{schema}}.offered_facts(o)), '{}') INTO v_taken FROM {{schema}}.offered_steps o
      WHERE o.held AND o.worker = p_worker AND o.run_id || ' ' || o.correlation_id <> ALL (p_known);
  END IF;
  FOR s IN
    WITH due AS MATERIALIZED (
      SELECT o.run_id, o.correlation_id FROM {{schema}}.offered_steps o
        WHERE NOT o.held AND o.due_at <= v_now AND (p_names IS NULL OR o.step_name = ANY (p_names))
        ORDER BY o.due_at, o.created_version LIMIT greatest(0, p_limit - cardinality(v_taken)))
    SELECT due.run_id, due.correlation_id FROM due ORDER BY due.run_id
  LOOP
    SELECT * INTO r FROM {{schema}}.runs k WHERE k.run_id = s.run_id FOR UPDATE;
    CONTINUE WHEN NOT FOUND OR r.completed_at IS NOT NULL;
    v_version := r.version + 1;
    v_at := greatest(v_now, r.updated_at);
    UPDATE {{schema}}.offered_steps o SET held = true, worker = p_worker, attempt = o.attempt + 1,
        due_at = greatest(o.due_at, {{schema}}.restart_time(o.attempt + 1, o.failures, v_at))
      WHERE o.run_id = s.run_id AND o.correlation_id = s.correlation_id AND NOT o.held;
    CONTINUE WHEN NOT FOUND;
    INSERT INTO {{schema}}.events (run_id, version, event_type, correlation_id, created_at, data)
      SELECT o.run_id, v_version, 'step_started', o.correlation_id, v_at, json_build_object('attempt', o.attempt, 'worker', o.worker)
      FROM {{schema}}.offered_steps o WHERE o.run_id = s.run_id AND o.correlation_id = s.correlation_id;
    UPDATE {{schema}}.runs k SET version = v_version, updated_at = v_at WHERE k.run_id = s.run_id;
    IF r.held THEN PERFORM {{schema}}.hint(p_origin, 'moved', s.run_id); END IF;
    SELECT v_taken || {{schema}}.offered_facts(o) INTO v_taken FROM {{schema}}.offered_steps o
      WHERE o.run_id = s.run_id AND o.correlation_id = s.correlation_id;
  END LOOP;
  IF cardinality(v_taken) > 0 THEN
    PERFORM {{schema}}.hold_lease(p_worker, p_lease, v_now);
  END IF;
  SELECT least(
    (SELECT min(o.due_at) FROM {{schema}}.offered_steps o WHERE NOT o.held AND (p_names IS NULL OR o.step_name = ANY (p_names))),
    (SELECT min(greatest(w.lease_until, o.due_at)) FROM {{schema}}.offered_steps o JOIN {{schema}}.workers w ON w.worker = o.worker
      WHERE o.held AND (p_names IS NULL OR o.step_name = ANY (p_names)))) INTO v_next;
  RETURN json_build_object('now', v_now, 'next', v_next, 'steps', array_to_json(v_taken));
END $body$;

-- When a step starts again whose attempt was cut off: at once the first times, then after a while that doubles.
CREATE FUNCTION {{schema}}.restart_time(p_attempt integer, p_failures integer, p_started double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE AS $body$
  SELECT CASE WHEN p_attempt - p_failures <= {{atOnce}} THEN 0
    ELSE p_started + least({{maxMs}}, {{firstMs}} * 2::double precision ^ (p_attempt - p_failures - {{atOnce}} - 1)) END
$body$;

-- Everything that a worker needs that never saw the run.
CREATE FUNCTION {{schema}}.offered_facts(o {{schema}}.offered_steps) RETURNS json LANGUAGE sql STABLE AS $body$
  SELECT json_build_object('run', o.run_id, 'id', o.correlation_id, 'attempt', o.attempt, 'failures', o.failures, 'due', o.due_at,
    'step', (SELECT row_to_json(e) FROM {{schema}}.events e WHERE e.run_id = o.run_id AND e.version = o.created_version),
    'attempted', (SELECT row_to_json(e) FROM {{schema}}.events e WHERE e.run_id = o.run_id AND e.event_type = 'step_started'
      AND e.correlation_id = o.correlation_id ORDER BY e.version DESC LIMIT 1),
    'created', (SELECT row_to_json(e) FROM {{schema}}.events e WHERE e.run_id = o.run_id AND e.version = 1),
    'started', (SELECT row_to_json(e) FROM {{schema}}.events e WHERE e.run_id = o.run_id AND e.event_type = 'run_started' AND e.subject = 'run'))
$body$;

-- How an attempt ended, at the tail: the version, or null when the attempt is no longer this worker's.
CREATE FUNCTION {{schema}}.finish_step(p_end json, p_origin text, p_at double precision) RETURNS json LANGUAGE plpgsql AS $body$
DECLARE
  v_now double precision := {{schema}}.time_now(p_at);
  e record;
  r {{schema}}.runs%ROWTYPE;
BEGIN
  SELECT * INTO e FROM json_to_record(p_end) AS x(run text, id text, attempt integer, worker text, type text, data text);
  SELECT * INTO r FROM {{schema}}.runs k WHERE k.run_id = e.run FOR UPDATE;
  DELETE FROM {{schema}}.offered_steps o
    WHERE o.run_id = e.run AND o.correlation_id = e.id AND o.attempt = e.attempt AND o.worker = e.worker;
  IF NOT FOUND THEN RETURN NULL; END IF;
  INSERT INTO {{schema}}.events (run_id, version, event_type, correlation_id, created_at, data)
    VALUES (e.run, r.version + 1, e.type, e.id, greatest(v_now, r.updated_at), e.data::json);
  UPDATE {{schema}}.runs k SET version = r.version + 1, updated_at = greatest(v_now, r.updated_at), wake_at = least(k.wake_at, v_now)
    WHERE k.run_id = e.run;
  PERFORM {{schema}}.hint(p_origin, CASE WHEN r.held THEN 'moved' ELSE 'due' END, e.run);
  RETURN json_build_object('version', r.version + 1, 'held', r.held);
END $body$;

-- Which of a worker's attempts are no longer its own.
CREATE FUNCTION {{schema}}.renew_steps(p_worker text, p_lease double precision, p_claims json, p_at double precision)
RETURNS json LANGUAGE plpgsql AS $body$
DECLARE
  v_now double precision := {{schema}}.time_now(p_at);
BEGIN
  INSERT INTO {{schema}}.workers AS w (worker, lease_until) VALUES (p_worker, v_now + p_lease)
    ON CONFLICT (worker) DO UPDATE SET lease_until = greatest(w.lease_until, excluded.lease_until);
  UPDATE {{schema}}.offered_steps o SET held = true FROM json_to_recordset(p_claims) AS c(run text, id text, attempt integer)
    WHERE o.run_id = c.run AND o.correlation_id = c.id AND o.attempt = c.attempt AND o.worker = p_worker AND NOT o.held;
  RETURN (SELECT coalesce(json_agg(c.place), '[]') FROM json_to_recordset(p_claims) AS c(place integer, run text, id text, attempt integer)
    WHERE NOT EXISTS (SELECT 1 FROM {{schema}}.offered_steps o
      WHERE o.run_id = c.run AND o.correlation_id = c.id AND o.attempt = c.attempt AND o.worker = p_worker AND o.held));
END $body$;

-- Attempts given back; answers with the runs of those that may be claimed at once.
CREATE FUNCTION {{schema}}.release_steps(p_claims json, p_origin text, p_at double precision) RETURNS json LANGUAGE plpgsql AS $body$
DECLARE
  v_now double precision := {{schema}}.time_now(p_at);
  v_run text;
  v_due text[] := '{}';
BEGIN
  FOR v_run IN
    UPDATE {{schema}}.offered_steps o SET held = false, worker = NULL
      FROM json_to_recordset(p_claims) AS c(run text, id text, attempt integer, worker text)
      WHERE o.run_id = c.run AND o.correlation_id = c.id AND o.attempt = c.attempt AND o.worker = c.worker
      RETURNING CASE WHEN o.due_at <= v_now THEN o.run_id END
  LOOP
    CONTINUE WHEN v_run IS NULL;
    v_due := v_due || v_run;
    PERFORM {{schema}}.hint(p_origin, 'offered', v_run);
  END LOOP;
  RETURN array_to_json(v_due);
END $body$;
`;
