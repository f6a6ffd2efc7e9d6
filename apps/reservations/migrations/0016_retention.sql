-- What is kept of people, and how long; the rest is forgotten though nobody asks.
--
-- Names in games: 13 months. The journal and alerts of officers: 12 months. A member of whom nothing
-- is heard for 24 months (no log-in, no game, in no file of the season) is erased as if he had left;
-- a child as long as its parent. Staff are never erased so.

CREATE TABLE member_seen (
  club_id uuid NOT NULL,
  member_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (club_id, member_id),
  FOREIGN KEY (club_id, member_id) REFERENCES members ON DELETE CASCADE
);
INSERT INTO member_seen SELECT club_id, id, clock_timestamp() FROM members;
ALTER TABLE member_seen ENABLE ROW LEVEL SECURITY;
ALTER TABLE member_seen FORCE ROW LEVEL SECURITY;
CREATE POLICY own_club ON member_seen USING (club_id = current_club())
  WITH CHECK (club_id = current_club());

-- A new member, and one whom a file names again: both bring a subscription.
CREATE FUNCTION member_named() RETURNS trigger LANGUAGE plpgsql
SET search_path = :schema, pg_temp AS $$
BEGIN
  INSERT INTO member_seen VALUES (NEW.club_id, NEW.id, clock_timestamp())
    ON CONFLICT (club_id, member_id) DO UPDATE SET at = excluded.at;
  RETURN NULL;
END $$;
CREATE TRIGGER named AFTER INSERT OR UPDATE OF subscription_id ON members
  FOR EACH ROW EXECUTE FUNCTION member_named();

-- A game whose players are forgotten has no owner any more; what stood on the court stays.
ALTER TABLE bookings ADD COLUMN forgotten_at timestamptz;
DO $$
DECLARE
  name text;
BEGIN
  SELECT conname INTO STRICT name FROM pg_constraint WHERE conrelid = 'bookings'::regclass
    AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%owner_id IS NOT NULL%';
  EXECUTE format('ALTER TABLE bookings DROP CONSTRAINT %I', name);
END $$;
ALTER TABLE bookings ADD CONSTRAINT bookings_owned
  CHECK ((kind = 'play' AND forgotten_at IS NULL) = (owner_id IS NOT NULL));
CREATE INDEX bookings_remembered ON bookings (club_id, upper(during))
  WHERE (owner_id IS NOT NULL OR created_by IS NOT NULL);

-- One step of forgetting: so many rows at most. @returns How many members were erased.
CREATE FUNCTION forget_people(now timestamptz) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, pg_temp AS $$
DECLARE
  games uuid[];
  one uuid;
  gone integer := 0;
BEGIN
  SELECT array_agg(id) INTO games FROM (
    SELECT id FROM bookings WHERE club_id = current_club()
      AND upper(during) < now - interval '13 months'
      AND (owner_id IS NOT NULL OR created_by IS NOT NULL)
    ORDER BY upper(during) LIMIT 500 FOR UPDATE SKIP LOCKED) AS old;
  IF games IS NOT NULL THEN
    DELETE FROM partners WHERE club_id = current_club() AND booking_id = ANY (games);
    DELETE FROM notices WHERE club_id = current_club() AND booking_id = ANY (games);
    UPDATE bookings SET owner_id = NULL, created_by = NULL, override_reason = NULL,
        forgotten_at = now
      WHERE club_id = current_club() AND id = ANY (games);
    -- The history remembered the rows as they were: that goes last.
    DELETE FROM changes WHERE club_id = current_club() AND row_table IN ('bookings', 'partners')
      AND split_part(row_key, ' ', 1)::uuid = ANY (games);
  END IF;
  DELETE FROM acts WHERE club_id = current_club() AND at < now - interval '12 months';
  DELETE FROM alerts WHERE club_id = current_club() AND at < now - interval '12 months';
  FOR one IN
    SELECT m.id FROM members m JOIN member_seen s ON s.club_id = m.club_id AND s.member_id = m.id
    LEFT JOIN member_seen g ON g.club_id = m.club_id AND g.member_id = m.guardian_id
    WHERE m.club_id = current_club() AND m.role = 'member' AND NOT m.canary
      AND m.erased_at IS NULL AND greatest(s.at, g.at) < now - interval '24 months'
      AND NOT EXISTS (SELECT FROM bookings b WHERE b.club_id = m.club_id
        AND b.owner_id IN (m.id, m.guardian_id)
        AND upper(b.during) > now - interval '24 months')
      AND NOT EXISTS (SELECT FROM partners p
        JOIN bookings b ON b.club_id = p.club_id AND b.id = p.booking_id
        WHERE p.club_id = m.club_id AND p.member_id = m.id
          AND upper(b.during) > now - interval '24 months')
    LIMIT 50
  LOOP
    IF erase_member(one, now) THEN
      gone := gone + 1;
    END IF;
  END LOOP;
  IF gone > 0 THEN
    INSERT INTO acts (club_id, kind, summary) VALUES (current_club(), 'forgotten', gone::text);
  END IF;
  RETURN gone;
END $$;

REVOKE ALL ON FUNCTION member_named(), forget_people(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_people(timestamptz) TO :app;
GRANT SELECT, INSERT, UPDATE ON member_seen TO :app;
