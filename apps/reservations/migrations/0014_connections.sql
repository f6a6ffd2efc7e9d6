-- A club's other programs: doors that ask for codes, and addresses that are told of each booking.
--
-- What is told is written by a trigger in the transaction of the booking itself, one line for each
-- address, so nothing that happened is forgotten and nothing that did not is told. No line names a
-- person.

ALTER TABLE clubs ADD COLUMN door_minutes integer NOT NULL DEFAULT 0
  CHECK (door_minutes BETWEEN 0 AND 60); -- a code opens so long before the start; 0: no codes

-- Keys of door systems. Only the SHA-256 of each is kept.
CREATE TABLE door_keys (
  club_id uuid NOT NULL REFERENCES clubs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  used_at timestamptz,
  PRIMARY KEY (club_id, id),
  UNIQUE (club_id, token_hash)
);

CREATE TABLE webhooks (
  club_id uuid NOT NULL REFERENCES clubs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  url text NOT NULL CHECK (length(url) <= 500),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  delivered_at timestamptz,
  failing_since timestamptz,
  problem text CHECK (problem ~ '^[A-Za-z0-9_ ]{1,60}$'), -- a code, never what was answered
  stopped_at timestamptz,                   -- after three days of failing
  PRIMARY KEY (club_id, id)
);

CREATE TABLE deliveries (
  club_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  webhook_id uuid NOT NULL,
  booking_id uuid,
  kind text NOT NULL CHECK (kind IN ('booking.created', 'booking.moved', 'booking.cancelled', 'test')),
  body jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempts integer NOT NULL DEFAULT 0,
  PRIMARY KEY (club_id, id),
  FOREIGN KEY (club_id, webhook_id) REFERENCES webhooks ON DELETE CASCADE
);
CREATE INDEX deliveries_in_turn ON deliveries (club_id, webhook_id, booking_id, id);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['door_keys', 'webhooks', 'deliveries'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_club ON %I USING (club_id = current_club())
      WITH CHECK (club_id = current_club())', name);
  END LOOP;
END $$;

CREATE FUNCTION tell_webhooks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, pg_temp AS $$
DECLARE
  stood boolean := TG_OP = 'UPDATE' AND OLD.status = 'confirmed' AND OLD.kind <> 'hold';
  stands boolean := NEW.status = 'confirmed' AND NEW.kind <> 'hold';
  what text := CASE
    WHEN stands AND NOT stood THEN 'booking.created'
    WHEN stood AND NOT stands THEN 'booking.cancelled'
    WHEN stands AND (OLD.during, OLD.court_id) IS DISTINCT FROM (NEW.during, NEW.court_id)
      THEN 'booking.moved' END;
BEGIN
  IF what IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO deliveries (club_id, webhook_id, booking_id, kind, body)
    SELECT NEW.club_id, id, NEW.id, what, jsonb_build_object('booking', NEW.id,
      'court', NEW.court_id, 'kind', NEW.kind,
      'from', to_char(lower(NEW.during) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'until', to_char(upper(NEW.during) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    FROM webhooks WHERE club_id = NEW.club_id AND stopped_at IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER told AFTER INSERT OR UPDATE ON bookings
  FOR EACH ROW EXECUTE FUNCTION tell_webhooks();

ALTER TABLE alerts DROP CONSTRAINT alerts_kind_check;
ALTER TABLE alerts ADD CONSTRAINT alerts_kind_check
  CHECK (kind IN ('export', 'list', 'canary', 'import', 'link', 'webhook'));

REVOKE ALL ON FUNCTION tell_webhooks() FROM PUBLIC;
GRANT UPDATE (door_minutes) ON clubs TO :app;
GRANT SELECT, INSERT, DELETE ON door_keys, webhooks TO :app;
GRANT UPDATE (used_at) ON door_keys TO :app;
GRANT UPDATE (delivered_at, failing_since, problem, stopped_at) ON webhooks TO :app;
GRANT SELECT, INSERT, DELETE ON deliveries TO :app;
GRANT UPDATE (next_at, attempts) ON deliveries TO :app;
