/** Writes of a run's owner, and of anybody else. */
export const appending = `
-- Appends of several runs in one commit; each is written whole or not at all. Per run: appended, claim-lost, tail-moved
-- (with the version it is at) or token-taken.
CREATE FUNCTION {{schema}}.append(p_batch json, p_origin text, p_at double precision)
RETURNS TABLE (outcome text, version integer, correlation_id text, owner text) LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  v_now double precision := {{schema}}.time_now(p_at);
  t record;
  r {{schema}}.runs%ROWTYPE;
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
        PERFORM 1 FROM {{schema}}.runs k WHERE k.run_id = t.run AND k.held AND k.epoch = t.epoch AND k.worker = t.worker AND k.version = t.after FOR UPDATE;
        IF FOUND THEN
          SELECT x.correlation_id, x.owner INTO correlation_id, owner FROM {{schema}}.take_tokens(t.run, t.tokens, v_now) x;
          IF owner IS NOT NULL THEN
            outcome := 'token-taken'; version := t.after;
            RETURN NEXT;
            EXIT;
          END IF;
        END IF;
      END IF;
      UPDATE {{schema}}.runs k SET version = t.tail, last_write = t.write,
          -- A due run keeps its place: its row stays where the index has it.
          wake_at = CASE WHEN t.wake <= v_now AND k.wake_at <= v_now THEN k.wake_at ELSE t.wake END,
          held = NOT t.release, epoch = CASE WHEN t.release THEN nextval('{{schema}}.epochs') ELSE k.epoch END, updated_at = t.updated,
          status = CASE WHEN t.changed THEN t.status ELSE k.status END, started_at = CASE WHEN t.changed THEN t.started ELSE k.started_at END,
          completed_at = t.completed, program = CASE WHEN t.changed THEN t.program ELSE k.program END,
          attributes = coalesce(t.attributes::json, k.attributes), pause_reason = CASE WHEN t.changed THEN t.pause::json ELSE k.pause_reason END,
          error_code = t.error, cancel_reason = t.cancel, live_key = CASE WHEN t.completed IS NULL THEN k.live_key END
        WHERE k.run_id = t.run AND k.held AND k.epoch = t.epoch AND k.worker = t.worker AND k.version = t.after;
      IF FOUND THEN
        INSERT INTO {{schema}}.events (run_id, version, event_type, correlation_id, key, subject, created_at, data)
          SELECT t.run, e.v, e.type, e.id, e.key, e.subject, e.at, e.data::json
          FROM json_to_recordset(t.events) AS e(v integer, type text, id text, key text, subject text, at double precision, data text);
        IF t.offers IS NOT NULL THEN
          INSERT INTO {{schema}}.offered_steps (run_id, correlation_id, step_name, created_version, failures, attempt, due_at)
            SELECT t.run, o.id, o.name, o.created, o.failures, o.attempt, o.at
            FROM json_to_recordset(t.offers) AS o(id text, name text, created integer, failures integer, attempt integer, at double precision);
          PERFORM {{schema}}.hint(p_origin, 'offered', t.run);
        END IF;
        IF t.tell THEN PERFORM {{schema}}.hint(p_origin, 'moved', t.run); END IF;
        IF t.completed IS NOT NULL THEN
          IF t.owns THEN PERFORM {{schema}}.free_run(t.run, v_now); END IF;
          PERFORM {{schema}}.hint(p_origin, 'ended', t.run);
        ELSIF t.release AND t.wake <= v_now THEN
          PERFORM {{schema}}.hint(p_origin, 'due', t.run);
        END IF;
        outcome := 'appended'; version := t.tail;
        RETURN NEXT;
        EXIT;
      END IF;
      SELECT * INTO r FROM {{schema}}.runs k WHERE k.run_id = t.run FOR UPDATE;
      version := r.version;
      IF NOT FOUND THEN outcome := 'claim-lost';
      ELSIF r.last_write = t.write THEN outcome := 'appended'; version := t.tail;
      ELSIF r.epoch <> t.epoch OR r.worker IS DISTINCT FROM t.worker OR r.completed_at IS NOT NULL THEN outcome := 'claim-lost';
      ELSIF r.version <> t.after THEN outcome := 'tail-moved';
      ELSE
        -- Its lease ended, and nobody took the run.
        UPDATE {{schema}}.runs k SET held = true WHERE k.run_id = t.run;
        PERFORM {{schema}}.hold_lease(t.worker, t.lease, v_now);
        CONTINUE;
      END IF;
      RETURN NEXT;
      EXIT;
    END LOOP;
  END LOOP;
END $body$;

-- Takes and frees tokens in order; none of it happens when one of them belongs to another hook.
CREATE FUNCTION {{schema}}.take_tokens(p_run text, p_tokens json, p_now double precision)
RETURNS TABLE (correlation_id text, owner text) LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  t record;
BEGIN
  correlation_id := NULL; owner := NULL;
  BEGIN
    FOR t IN SELECT * FROM json_to_recordset(p_tokens) AS x(token text, id text, v integer, until double precision, free boolean) LOOP
      IF t.free THEN
        DELETE FROM {{schema}}.hooks h WHERE h.token = decode(t.token, 'hex') AND h.run_id = p_run;
        CONTINUE;
      END IF;
      LOOP
        INSERT INTO {{schema}}.hooks AS h (token, run_id, correlation_id, version, kept_until)
          VALUES (decode(t.token, 'hex'), p_run, t.id, t.v, t.until)
          ON CONFLICT (token) DO UPDATE SET run_id = excluded.run_id, correlation_id = excluded.correlation_id, version = excluded.version,
            kept_until = excluded.kept_until, live = true
          WHERE NOT h.live AND h.kept_until <= p_now;
        EXIT WHEN FOUND;
        SELECT h.run_id INTO owner FROM {{schema}}.hooks h WHERE h.token = decode(t.token, 'hex');
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
END $body$;

-- An event from outside at the tail: sent, duplicate (with the version of the first), or why not. A worker that is named gets a
-- run that nobody holds, with an epoch.
CREATE FUNCTION {{schema}}.send(p_event json, p_origin text, p_at double precision)
RETURNS TABLE (outcome text, version integer, created_at double precision, status text, held boolean, epoch bigint) LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  v_now double precision := {{schema}}.time_now(p_at);
  v_epoch bigint;
  e record;
  r {{schema}}.runs%ROWTYPE;
BEGIN
  SELECT * INTO e FROM json_to_record(p_event) AS x(
    run text, type text, id text, key text, subject text, after integer, data text, reason text, program text, attributes text, write text,
    worker text, lease double precision);
  SELECT * INTO r FROM {{schema}}.runs k WHERE k.run_id = e.run FOR UPDATE;
  IF NOT FOUND THEN
    outcome := 'unknown';
    RETURN NEXT; RETURN;
  END IF;
  version := r.version; status := r.status; held := r.held;
  SELECT x.version, x.created_at INTO version, created_at FROM {{schema}}.events x WHERE x.run_id = e.run AND x.key = e.key;
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
      SELECT 1 FROM {{schema}}.hooks h WHERE h.run_id = e.run AND h.correlation_id = e.id AND h.live) THEN 'no-hook'
    WHEN e.type = 'wait_completed' AND NOT EXISTS (
      SELECT 1 FROM {{schema}}.events x WHERE x.run_id = e.run AND x.event_type = 'wait_created' AND x.subject = e.subject) THEN 'no-wait'
    WHEN e.type = 'run_resumed' AND e.program IS NULL AND r.status <> 'paused' THEN 'not-paused'
    WHEN e.subject IS NOT NULL AND EXISTS (
      SELECT 1 FROM {{schema}}.events x WHERE x.run_id = e.run AND x.event_type = e.type AND x.subject = e.subject) THEN
        CASE e.type WHEN 'wait_completed' THEN 'no-wait' ELSE 'twice' END
    ELSE 'sent' END;
  IF outcome <> 'sent' THEN RETURN NEXT; RETURN; END IF;
  version := r.version + 1;
  created_at := greatest(v_now, r.updated_at);
  IF e.type = 'run_cancelled' THEN
    PERFORM {{schema}}.cancel_run(e.run, e.data, e.reason, e.key, p_origin, v_now);
    UPDATE {{schema}}.runs k SET last_send = e.write WHERE k.run_id = e.run;
    RETURN NEXT; RETURN;
  END IF;
  IF e.worker IS NOT NULL AND NOT r.held THEN
    v_epoch := nextval('{{schema}}.epochs');
    PERFORM {{schema}}.hold_lease(e.worker, e.lease, v_now);
  END IF;
  UPDATE {{schema}}.runs k SET version = k.version + 1, updated_at = greatest(v_now, k.updated_at),
      held = r.held OR v_epoch IS NOT NULL, worker = CASE WHEN v_epoch IS NULL THEN k.worker ELSE e.worker END, epoch = coalesce(v_epoch, k.epoch),
      -- The earlier of both, so that a run that has been due for long does not lose its place to newer ones.
      wake_at = least(k.wake_at, v_now),
      last_send = e.write, program = coalesce(e.program, k.program), attributes = coalesce(e.attributes::json, k.attributes),
      status = CASE WHEN e.type <> 'run_resumed' THEN k.status WHEN k.started_at IS NULL THEN 'pending' ELSE 'running' END,
      pause_reason = CASE WHEN e.type <> 'run_resumed' THEN k.pause_reason END
    WHERE k.run_id = e.run;
  INSERT INTO {{schema}}.events (run_id, version, event_type, correlation_id, key, subject, created_at, data)
    VALUES (e.run, version, e.type, e.id, e.key, e.subject, created_at, e.data::json);
  epoch := v_epoch;
  -- Who comes with it needs no hint; attempts of offered steps listen for aborts.
  IF v_epoch IS NULL OR e.type = 'abort_requested' THEN
    PERFORM {{schema}}.hint(p_origin, CASE WHEN r.held OR v_epoch IS NOT NULL THEN 'moved' ELSE 'due' END, e.run);
  END IF;
  RETURN NEXT;
END $body$;
`;
