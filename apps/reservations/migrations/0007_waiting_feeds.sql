-- Waiting for a court, and calendars that follow a member or a court.
--
-- A place that comes free is held for the first who waits: a booking like another, so the same
-- constraint guards it, with an end of its own.

CREATE TABLE waits (
  club_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  member_id uuid NOT NULL,
  court_id uuid NOT NULL,
  during tstzrange NOT NULL CHECK (NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'offered', 'done')),
  told_at timestamptz,
  PRIMARY KEY (club_id, id),
  UNIQUE (club_id, member_id, court_id, during),
  FOREIGN KEY (club_id, member_id) REFERENCES members ON DELETE CASCADE,
  FOREIGN KEY (club_id, court_id) REFERENCES courts
);
CREATE INDEX waits_court ON waits (club_id, court_id) WHERE (state = 'waiting');

ALTER TABLE bookings DROP CONSTRAINT bookings_kind_check;
ALTER TABLE bookings ADD CONSTRAINT bookings_kind_check
  CHECK (kind IN ('play', 'course', 'match', 'closure', 'hold'));
ALTER TABLE bookings ADD COLUMN held_for uuid;
ALTER TABLE bookings ADD COLUMN hold_until timestamptz;
ALTER TABLE bookings ADD CONSTRAINT bookings_hold_check
  CHECK ((kind = 'hold') = (held_for IS NOT NULL) AND (kind = 'hold') = (hold_until IS NOT NULL));
ALTER TABLE bookings ADD FOREIGN KEY (club_id, held_for) REFERENCES members;
CREATE INDEX bookings_holds ON bookings (club_id, hold_until)
  WHERE (kind = 'hold' AND status = 'confirmed');

-- The address of a calendar is a secret; only its SHA-256 is kept.
CREATE TABLE feeds (
  club_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  member_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (club_id, id),
  UNIQUE (club_id, token_hash),
  FOREIGN KEY (club_id, member_id) REFERENCES members ON DELETE CASCADE
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['waits', 'feeds'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_club ON %I USING (club_id = current_club())
      WITH CHECK (club_id = current_club())', name);
  END LOOP;
END $$;

GRANT SELECT, INSERT, DELETE ON waits, feeds TO :app;
GRANT UPDATE (state, told_at) ON waits TO :app;
