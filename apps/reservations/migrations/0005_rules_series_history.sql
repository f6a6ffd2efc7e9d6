-- Rules a secretary writes himself, courses week after week, and the memory of every change.
--
-- The history is written by triggers that run as the owner of the schema: the application can read
-- it and cannot write, change or delete a line of it. What was done in one act shares its act_id.
-- The owner's own work (migrating, seeding) is not remembered.

ALTER TABLE clubs ADD COLUMN rules_version integer NOT NULL DEFAULT 0;

-- Days on which courses do not take place.
CREATE TABLE holidays (
  club_id uuid NOT NULL REFERENCES clubs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 60),
  first_date date NOT NULL,
  last_date date NOT NULL,
  PRIMARY KEY (club_id, id),
  CHECK (first_date <= last_date AND last_date <= first_date + 120)
);

ALTER TABLE series ADD COLUMN ended_at timestamptz;
ALTER TABLE series ADD COLUMN created_by uuid;
CREATE INDEX bookings_series ON bookings (club_id, series_id) WHERE (series_id IS NOT NULL);

-- What somebody did, as one deed: it is undone as one deed.
CREATE TABLE acts (
  club_id uuid NOT NULL REFERENCES clubs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by_id uuid,
  kind text NOT NULL CHECK (kind ~ '^[a-z-]{3,20}$'),
  summary text NOT NULL DEFAULT '' CHECK (length(summary) <= 200),
  undoes uuid,
  PRIMARY KEY (club_id, id)
);
CREATE INDEX acts_newest ON acts (club_id, at DESC);

-- Every row that changed, as it was and as it became; null before it was there, or after.
CREATE TABLE changes (
  club_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  act_id uuid,
  row_table text NOT NULL,
  row_key text NOT NULL,
  before jsonb,
  after jsonb,
  PRIMARY KEY (club_id, id)
);
CREATE INDEX changes_moment ON changes (club_id, at);
CREATE INDEX changes_act ON changes (club_id, act_id) WHERE (act_id IS NOT NULL);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['holidays', 'acts', 'changes'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_club ON %I USING (club_id = current_club())
      WITH CHECK (club_id = current_club())', name);
  END LOOP;
END $$;

-- A password is no part of the history. Without a club nothing can have been written through row
-- security, so there is nothing to remember either.
CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, pg_temp AS $$
DECLARE
  was jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) - 'password_hash' END;
  became jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) - 'password_hash' END;
  one jsonb := coalesce(became, was);
BEGIN
  IF current_club() IS NULL OR session_user = current_user OR was IS NOT DISTINCT FROM became THEN
    RETURN NULL;
  END IF;
  INSERT INTO changes (club_id, act_id, row_table, row_key, before, after) VALUES (
    coalesce(one ->> 'club_id', one ->> 'id')::uuid,
    nullif(current_setting('app.act', true), '')::uuid, TG_TABLE_NAME,
    CASE TG_TABLE_NAME
      WHEN 'partners' THEN (one ->> 'booking_id') || ' ' || (one ->> 'member_id')
      ELSE one ->> 'id' END,
    was, became);
  RETURN NULL;
END $$;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['clubs', 'subscriptions', 'quotas', 'holidays', 'members', 'series',
    'bookings', 'partners']
  LOOP
    EXECUTE format('CREATE TRIGGER remembered AFTER INSERT OR UPDATE OR DELETE ON %I
      FOR EACH ROW EXECUTE FUNCTION remember()', name);
  END LOOP;
END $$;

-- Thirty days are kept, and the application cannot make them fewer.
CREATE FUNCTION forget_history() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, pg_temp AS $$
DECLARE
  gone bigint;
BEGIN
  DELETE FROM changes WHERE club_id = current_club() AND at < clock_timestamp() - interval '31 days';
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN ('closed', 'cancelled',
  'invited', 'removed', 'moved', 'booked', 'restored', 'freed', 'missed'));

REVOKE ALL ON FUNCTION remember(), forget_history() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_history() TO :app;
GRANT SELECT ON changes TO :app;
GRANT SELECT, INSERT ON acts TO :app;
GRANT SELECT, INSERT, DELETE ON holidays TO :app;
GRANT INSERT, DELETE ON quotas TO :app;
GRANT UPDATE (name, sport, indoor, weekdays, from_minute, to_minute, period) ON quotas TO :app;
GRANT INSERT ON subscriptions, series TO :app;
GRANT UPDATE (name) ON subscriptions TO :app;
GRANT UPDATE (ended_at) ON series TO :app;
GRANT UPDATE (rules_version) ON clubs TO :app;
GRANT UPDATE (title) ON bookings TO :app;
