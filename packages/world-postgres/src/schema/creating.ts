/** What a run begins and ends with: its creation, one live run per key, and the freeing of what an ended run had. */
export const creating = `
CREATE FUNCTION {{schema}}.time_now(p_at double precision) RETURNS double precision LANGUAGE sql VOLATILE AS $body$
  SELECT coalesce(p_at, floor(extract(epoch FROM clock_timestamp()) * 1000)::double precision)
$body$;

-- Hints are told at commit; without an origin there are none.
CREATE FUNCTION {{schema}}.hint(p_origin text, p_kind text, p_subject text) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  IF p_origin IS NOT NULL THEN
    PERFORM pg_notify({{channel}}, p_kind || ' ' || p_subject || ' ' || p_origin);
  END IF;
END $body$;

-- One row per process says for how long it is alive; it is written when a quarter of the lease has gone.
CREATE FUNCTION {{schema}}.hold_lease(p_worker text, p_lease double precision, p_now double precision) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  IF EXISTS (SELECT 1 FROM {{schema}}.workers w WHERE w.worker = p_worker AND w.lease_until >= p_now + p_lease * 0.75) THEN
    RETURN;
  END IF;
  INSERT INTO {{schema}}.workers AS w (worker, lease_until) VALUES (p_worker, p_now + p_lease)
    ON CONFLICT (worker) DO UPDATE SET lease_until = greatest(w.lease_until, excluded.lease_until);
END $body$;

-- An ended run offers no steps, and its tokens are free, but those that are kept for a while.
CREATE FUNCTION {{schema}}.free_run(p_run text, p_now double precision) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  DELETE FROM {{schema}}.offered_steps WHERE run_id = p_run;
  DELETE FROM {{schema}}.hooks WHERE run_id = p_run AND (kept_until IS NULL OR kept_until <= p_now);
  UPDATE {{schema}}.hooks SET live = false WHERE run_id = p_run;
END $body$;

CREATE FUNCTION {{schema}}.cancel_run(p_run text, p_data text, p_reason text, p_key text, p_origin text, p_now double precision)
RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  r {{schema}}.runs%ROWTYPE;
BEGIN
  UPDATE {{schema}}.runs SET version = version + 1, updated_at = greatest(p_now, updated_at), completed_at = greatest(p_now, updated_at),
      status = 'cancelled', cancel_reason = p_reason, pause_reason = NULL, wake_at = NULL, held = false,
      epoch = nextval('{{schema}}.epochs'), live_key = NULL
    WHERE run_id = p_run RETURNING * INTO r;
  INSERT INTO {{schema}}.events (run_id, version, event_type, key, created_at, data)
    VALUES (p_run, r.version, 'run_cancelled', p_key, r.updated_at, p_data::json);
  PERFORM {{schema}}.free_run(p_run, p_now);
  PERFORM {{schema}}.hint(p_origin, 'ended', p_run);
END $body$;

-- Creates runs, each with its first event. Per run: created (with its epoch), known, joined, or key-taken.
CREATE FUNCTION {{schema}}.create_runs(p_batch json, p_origin text, p_at double precision)
RETURNS TABLE (outcome text, epoch bigint, replaced text, run json) LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  v_now double precision := {{schema}}.time_now(p_at);
  v_due double precision;
  v_epoch bigint;
  v_replaced text;
  c record;
  r {{schema}}.runs%ROWTYPE;
BEGIN
  FOR c IN SELECT * FROM json_to_recordset(p_batch) AS x(
      run text, workflow text, program text, key text, live_key text, parent text, root text, created double precision,
      attributes text, data text, wake double precision, worker text, lease double precision, conflict text, write text, reason text, cancel text)
  LOOP
    v_replaced := NULL;
    v_due := coalesce(c.wake, v_now);
    LOOP
      IF c.live_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {{schema}}.runs k WHERE k.run_id = c.run) THEN
        SELECT * INTO r FROM {{schema}}.runs k WHERE k.live_key = decode(c.live_key, 'hex') FOR UPDATE;
        IF FOUND AND c.conflict = 'replace' THEN
          PERFORM {{schema}}.cancel_run(r.run_id, c.cancel, c.reason, NULL, p_origin, v_now);
          v_replaced := r.run_id;
        ELSIF FOUND THEN
          outcome := CASE c.conflict WHEN 'fail' THEN 'key-taken' ELSE 'joined' END;
          epoch := NULL; replaced := NULL; run := row_to_json(r);
          RETURN NEXT;
          EXIT;
        END IF;
      END IF;
      v_epoch := CASE WHEN c.worker IS NULL THEN 0 ELSE nextval('{{schema}}.epochs') END;
      INSERT INTO {{schema}}.runs (run_id, workflow_name, program, status, version, held, worker, epoch, wake_at, last_write, replaced, key, live_key,
          parent_run_id, root_run_id, created_at, updated_at, attributes)
        VALUES (c.run, c.workflow, c.program, 'pending', 1, c.worker IS NOT NULL, c.worker, v_epoch, v_due, c.write, v_replaced, c.key,
          decode(c.live_key, 'hex'), c.parent, c.root, c.created, c.created, c.attributes::json)
        ON CONFLICT DO NOTHING;
      IF FOUND THEN
        INSERT INTO {{schema}}.events (run_id, version, event_type, created_at, data) VALUES (c.run, 1, 'run_created', c.created, c.data::json);
        IF c.worker IS NOT NULL THEN
          PERFORM {{schema}}.hold_lease(c.worker, c.lease, v_now);
        ELSIF v_due <= v_now THEN
          PERFORM {{schema}}.hint(p_origin, 'due', c.run);
        END IF;
        outcome := 'created'; epoch := v_epoch; replaced := v_replaced; run := NULL;
        RETURN NEXT;
        EXIT;
      END IF;
      SELECT * INTO r FROM {{schema}}.runs k WHERE k.run_id = c.run;
      IF FOUND THEN
        -- This very write, whose reply was lost, made it.
        outcome := CASE WHEN r.last_write = c.write THEN 'created' ELSE 'known' END;
        epoch := CASE WHEN r.held AND r.worker = c.worker THEN r.epoch END; replaced := CASE outcome WHEN 'created' THEN r.replaced END; run := row_to_json(r);
        RETURN NEXT;
        EXIT;
      END IF;
    END LOOP;
  END LOOP;
END $body$;
`;
