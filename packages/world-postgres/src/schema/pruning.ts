/** Runs that ended long ago, and what belongs to them. */
export const pruning = `
CREATE FUNCTION {{schema}}.prune_runs(p_age double precision, p_statuses text[], p_limit integer, p_at double precision) RETURNS integer LANGUAGE plpgsql AS $body$
DECLARE
  v_now double precision := {{schema}}.time_now(p_at);
  v_runs text[];
BEGIN
  SELECT array_agg(d.run_id) INTO v_runs FROM (
    SELECT k.run_id FROM {{schema}}.runs k WHERE k.completed_at <= v_now - p_age AND k.status = ANY (p_statuses)
      ORDER BY k.completed_at LIMIT p_limit FOR UPDATE SKIP LOCKED) d;
  -- Tokens whose time is over.
  DELETE FROM {{schema}}.hooks WHERE NOT live AND kept_until <= v_now;
  IF v_runs IS NULL THEN RETURN 0; END IF;
  DELETE FROM {{schema}}.chunks WHERE stream_id IN (SELECT s.stream_id FROM {{schema}}.streams s WHERE s.run_id = ANY (v_runs));
  DELETE FROM {{schema}}.streams WHERE run_id = ANY (v_runs);
  DELETE FROM {{schema}}.events WHERE run_id = ANY (v_runs);
  DELETE FROM {{schema}}.runs WHERE run_id = ANY (v_runs);
  RETURN cardinality(v_runs);
END $body$;
`;
