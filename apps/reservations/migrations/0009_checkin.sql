-- Checking in at the clubhouse, and courts that nobody came for.

ALTER TABLE clubs ADD COLUMN checkin_minutes integer NOT NULL DEFAULT 0
  CHECK (checkin_minutes BETWEEN 0 AND 60); -- after the start; 0 asks nobody to check in
ALTER TABLE bookings ADD COLUMN checked_in_at timestamptz;
ALTER TABLE bookings ADD COLUMN missed_at timestamptz;

-- A screen in the clubhouse: a device, not a person. Only the SHA-256 of its token is kept.
CREATE TABLE kiosks (
  club_id uuid NOT NULL REFERENCES clubs,
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (club_id, token_hash)
);
ALTER TABLE kiosks ENABLE ROW LEVEL SECURITY;
ALTER TABLE kiosks FORCE ROW LEVEL SECURITY;
CREATE POLICY own_club ON kiosks USING (club_id = current_club())
  WITH CHECK (club_id = current_club());

GRANT UPDATE (checkin_minutes) ON clubs TO :app;
GRANT UPDATE (checked_in_at, missed_at) ON bookings TO :app;
GRANT SELECT, INSERT, DELETE ON kiosks TO :app;
