/** Chunks at the end of a stream, and its end. */
export const streaming = `
-- appended (with the new tail), closed, or unknown when there is no such run. p_again: its reply may have been lost.
CREATE FUNCTION {{schema}}.append_chunks(p_run text, p_name text, p_count integer, p_data bytea, p_id text, p_again boolean, p_hint text, p_origin text)
RETURNS TABLE (outcome text, tail integer) LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  s {{schema}}.streams%ROWTYPE;
BEGIN
  LOOP
    SELECT * INTO s FROM {{schema}}.streams x WHERE x.run_id = p_run AND x.name = p_name FOR UPDATE;
    EXIT WHEN FOUND;
    IF NOT EXISTS (SELECT 1 FROM {{schema}}.runs k WHERE k.run_id = p_run) THEN
      outcome := 'unknown'; tail := 0;
      RETURN NEXT; RETURN;
    END IF;
    IF p_count = 0 THEN
      outcome := 'appended'; tail := 0;
      RETURN NEXT; RETURN;
    END IF;
    INSERT INTO {{schema}}.streams (run_id, name) VALUES (p_run, p_name) ON CONFLICT DO NOTHING;
  END LOOP;
  IF p_again THEN
    SELECT c.first + c.count INTO tail FROM {{schema}}.chunks c WHERE c.stream_id = s.stream_id AND c.append_id = p_id;
    IF FOUND THEN
      outcome := 'appended';
      RETURN NEXT; RETURN;
    END IF;
  END IF;
  tail := s.tail;
  outcome := CASE WHEN s.closed THEN 'closed' ELSE 'appended' END;
  IF NOT s.closed AND p_count > 0 THEN
    tail := s.tail + p_count;
    INSERT INTO {{schema}}.chunks (stream_id, first, count, append_id, data) VALUES (s.stream_id, s.tail, p_count, p_id, p_data);
    UPDATE {{schema}}.streams x SET tail = s.tail + p_count WHERE x.stream_id = s.stream_id;
    PERFORM {{schema}}.hint(p_origin, 'stream', p_hint);
  END IF;
  RETURN NEXT;
END $body$;

CREATE FUNCTION {{schema}}.close_stream(p_run text, p_name text, p_hint text, p_origin text) RETURNS boolean LANGUAGE plpgsql AS $body$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM {{schema}}.runs k WHERE k.run_id = p_run) THEN
    RETURN false;
  END IF;
  INSERT INTO {{schema}}.streams AS s (run_id, name, closed) VALUES (p_run, p_name, true)
    ON CONFLICT (run_id, name) DO UPDATE SET closed = true WHERE NOT s.closed;
  IF FOUND THEN
    PERFORM {{schema}}.hint(p_origin, 'stream', p_hint);
  END IF;
  RETURN true;
END $body$;
`;
