-- Begin and end as columns of their own, which indexes serve under row security.
--
-- Row security hands a row to no function that might tell of it before its club is looked at, and
-- PostgreSQL counts `&&`, `lower` and `upper` of ranges among those: no index helped them, and each
-- page read every booking of the club. Comparing moments tells nothing.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['bookings', 'waits'] LOOP
    EXECUTE format('ALTER TABLE %I
      ADD COLUMN starts_at timestamptz GENERATED ALWAYS AS (lower(during)) STORED,
      ADD COLUMN ends_at timestamptz GENERATED ALWAYS AS (upper(during)) STORED', name);
  END LOOP;
END $$;

DROP INDEX bookings_day, bookings_owner, waits_court;
CREATE INDEX bookings_day ON bookings (club_id, ends_at, starts_at) WHERE (status <> 'cancelled');
CREATE INDEX bookings_owner ON bookings (club_id, owner_id, status, ends_at);
CREATE INDEX waits_court ON waits (club_id, court_id, ends_at, starts_at)
  WHERE (state = 'waiting');
