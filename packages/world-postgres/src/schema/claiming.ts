/** Who drives what: claims in batches, one lease per process, and what dead processes leave. */
export const claiming = `
-- Runs and steps of workers whose lease has ended are nobody's; their epoch holds until another claims them.
CREATE FUNCTION {{schema}}.bury_workers(p_now double precision) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  v_worker text;
BEGIN
  FOR v_worker IN SELECT w.worker FROM {{schema}}.workers w WHERE w.lease_until <= p_now FOR UPDATE SKIP LOCKED LOOP
    UPDATE {{schema}}.runs SET held = false WHERE run_id IN (
      SELECT k.run_id FROM {{schema}}.runs k WHERE k.held AND k.worker = v_worker FOR UPDATE SKIP LOCKED);
    UPDATE {{schema}}.offered_steps SET held = false WHERE (run_id, correlation_id) IN (
      SELECT o.run_id, o.correlation_id FROM {{schema}}.offered_steps o WHERE o.held AND o.worker = v_worker FOR UPDATE SKIP LOCKED);
    DELETE FROM {{schema}}.workers w WHERE w.worker = v_worker
      AND NOT EXISTS (SELECT 1 FROM {{schema}}.runs k WHERE k.held AND k.worker = v_worker)
      AND NOT EXISTS (SELECT 1 FROM {{schema}}.offered_steps o WHERE o.held AND o.worker = v_worker);
  END LOOP;
END $body$;

-- When something is due next: the first wake time of each workflow, and the end of each lease that holds a run.
CREATE FUNCTION {{schema}}.next_wakes(p_names text[]) RETURNS TABLE (workflow_name text, wake_at double precision) LANGUAGE sql STABLE AS $body$
  WITH RECURSIVE w AS (
    (SELECT k.workflow_name, k.wake_at FROM {{schema}}.runs k WHERE NOT k.held AND k.wake_at IS NOT NULL
      ORDER BY k.workflow_name, k.wake_at LIMIT 1)
    UNION ALL
    SELECT n.workflow_name, n.wake_at FROM w CROSS JOIN LATERAL (
      SELECT k.workflow_name, k.wake_at FROM {{schema}}.runs k WHERE NOT k.held AND k.wake_at IS NOT NULL AND k.workflow_name > w.workflow_name
        ORDER BY k.workflow_name, k.wake_at LIMIT 1) n)
  SELECT w.workflow_name, w.wake_at FROM w WHERE p_names IS NULL OR w.workflow_name = ANY (p_names)
$body$;

-- A run that was claimed, with its last events.
CREATE FUNCTION {{schema}}.claimed(k {{schema}}.runs) RETURNS json LANGUAGE sql STABLE AS $body$
  SELECT json_build_object('run', row_to_json(k), 'recent', (SELECT coalesce(json_agg(row_to_json(e) ORDER BY e.version), '[]')
    FROM {{schema}}.events e WHERE e.run_id = k.run_id AND e.version > k.version - {{recentEvents}}))
$body$;

-- Takes up to p_limit due runs, of every workflow its share, and of each the longest due first. What this worker holds
-- without knowing it (p_known: not null when a reply was lost) comes first.
CREATE FUNCTION {{schema}}.claim_runs(p_worker text, p_lease double precision, p_limit integer, p_names text[], p_known text[], p_at double precision)
RETURNS json LANGUAGE plpgsql AS $body$
DECLARE
  v_now double precision := {{schema}}.time_now(p_at);
  v_taken json[] := '{}';
  v_some json[];
  v_names text[];
  v_name text;
  v_share integer;
  v_left integer := p_limit;
  v_round integer;
  v_next double precision;
BEGIN
  PERFORM {{schema}}.bury_workers(v_now);
  IF p_known IS NOT NULL THEN
    SELECT coalesce(array_agg({{schema}}.claimed(k)), '{}') INTO v_taken FROM {{schema}}.runs k
      WHERE k.held AND k.worker = p_worker AND k.run_id <> ALL (p_known);
    v_left := v_left - cardinality(v_taken);
  END IF;
  WHILE v_left > 0 LOOP
    SELECT array_agg(w.workflow_name ORDER BY random()) INTO v_names FROM {{schema}}.next_wakes(p_names) w WHERE w.wake_at <= v_now;
    EXIT WHEN v_names IS NULL;
    v_share := greatest(1, v_left / cardinality(v_names));
    v_round := 0;
    FOREACH v_name IN ARRAY v_names LOOP
      EXIT WHEN v_left <= 0;
      WITH due AS MATERIALIZED (
        SELECT k.run_id FROM {{schema}}.runs k WHERE NOT k.held AND k.workflow_name = v_name AND k.wake_at <= v_now
          ORDER BY k.wake_at LIMIT least(v_share, v_left) FOR UPDATE SKIP LOCKED),
      taken AS (
        UPDATE {{schema}}.runs k SET held = true, worker = p_worker, epoch = nextval('{{schema}}.epochs')
          FROM due WHERE k.run_id = due.run_id RETURNING k.*)
      SELECT array_agg({{schema}}.claimed(taken)) INTO v_some FROM taken;
      IF v_some IS NOT NULL THEN
        v_taken := v_taken || v_some;
        v_left := v_left - cardinality(v_some);
        v_round := v_round + cardinality(v_some);
      END IF;
    END LOOP;
    EXIT WHEN v_round = 0;
  END LOOP;
  IF cardinality(v_taken) > 0 THEN
    PERFORM {{schema}}.hold_lease(p_worker, p_lease, v_now);
  END IF;
  SELECT least(
    (SELECT min(w.wake_at) FROM {{schema}}.next_wakes(p_names) w),
    (SELECT min(w.lease_until) FROM {{schema}}.workers w WHERE w.worker <> p_worker AND EXISTS (
      SELECT 1 FROM {{schema}}.runs k WHERE k.held AND k.worker = w.worker)),
    (SELECT min(o.due_at) FROM {{schema}}.offered_steps o WHERE NOT o.held AND o.due_at > v_now),
    (SELECT min(greatest(w.lease_until, o.due_at)) FROM {{schema}}.offered_steps o JOIN {{schema}}.workers w ON w.worker = o.worker
      WHERE o.held)) INTO v_next;
  RETURN json_build_object('now', v_now, 'next', v_next, 'runs', array_to_json(v_taken),
    'offered', EXISTS (SELECT 1 FROM {{schema}}.offered_steps o WHERE NOT o.held AND o.due_at <= v_now));
END $body$;

-- One call per process and heartbeat: which of its claims are lost, and which runs have moved beyond what it knows.
CREATE FUNCTION {{schema}}.renew_claims(p_worker text, p_lease double precision, p_claims json, p_at double precision)
RETURNS json LANGUAGE plpgsql AS $body$
DECLARE
  v_now double precision := {{schema}}.time_now(p_at);
  v_answer json;
BEGIN
  INSERT INTO {{schema}}.workers AS w (worker, lease_until) VALUES (p_worker, v_now + p_lease)
    ON CONFLICT (worker) DO UPDATE SET lease_until = greatest(w.lease_until, excluded.lease_until);
  UPDATE {{schema}}.runs k SET held = true FROM json_to_recordset(p_claims) AS c(run text, epoch bigint, version integer)
    WHERE k.run_id = c.run AND k.epoch = c.epoch AND k.worker = p_worker AND NOT k.held AND k.completed_at IS NULL;
  SELECT json_build_object('now', v_now,
      'lost', coalesce(json_agg(c.run) FILTER (WHERE k.run_id IS NULL), '[]'),
      'moved', coalesce(json_agg(c.run) FILTER (WHERE k.version > c.version), '[]'))
    INTO v_answer
    FROM json_to_recordset(p_claims) AS c(run text, epoch bigint, version integer)
    LEFT JOIN {{schema}}.runs k ON k.run_id = c.run AND k.epoch = c.epoch AND k.worker = p_worker AND k.held;
  RETURN v_answer;
END $body$;

-- Claims given back; answers with the runs that are due.
CREATE FUNCTION {{schema}}.release_claims(p_claims json, p_origin text, p_at double precision) RETURNS json LANGUAGE plpgsql AS $body$
DECLARE
  v_now double precision := {{schema}}.time_now(p_at);
  v_run text;
  v_due text[] := '{}';
BEGIN
  FOR v_run IN
    WITH given AS MATERIALIZED (
      SELECT k.run_id FROM {{schema}}.runs k JOIN json_to_recordset(p_claims) AS c(run text, worker text, epoch bigint)
        ON k.run_id = c.run AND k.worker = c.worker AND k.epoch = c.epoch
        WHERE k.completed_at IS NULL ORDER BY k.run_id FOR UPDATE OF k)
    UPDATE {{schema}}.runs k SET held = false, epoch = nextval('{{schema}}.epochs') FROM given
      WHERE k.run_id = given.run_id RETURNING CASE WHEN k.wake_at <= v_now THEN k.run_id END
  LOOP
    IF v_run IS NOT NULL THEN
      v_due := v_due || v_run;
      PERFORM {{schema}}.hint(p_origin, 'due', v_run);
    END IF;
  END LOOP;
  RETURN array_to_json(v_due);
END $body$;
`;
