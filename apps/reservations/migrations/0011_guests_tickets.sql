-- Guests of members, so many a season, paid with tickets from an append-only ledger.
--
-- The ledger of a booking always sums to what the booking uses: a trigger adds what is missing or too
-- much whenever a booking comes, changes, is cancelled or stands again. The application can read the
-- ledger and add what was sold; it can neither change nor delete a line.

ALTER TABLE clubs ADD COLUMN guest_tickets integer NOT NULL DEFAULT 1
  CHECK (guest_tickets BETWEEN 0 AND 20);   -- tickets that one guest uses
ALTER TABLE clubs ADD COLUMN ticket_cents integer NOT NULL DEFAULT 0
  CHECK (ticket_cents BETWEEN 0 AND 100000); -- 0: sold at the desk only
ALTER TABLE clubs ADD COLUMN season_month integer NOT NULL DEFAULT 1
  CHECK (season_month BETWEEN 1 AND 12);    -- the season begins on its first day
ALTER TABLE subscriptions ADD COLUMN guests_season integer NOT NULL DEFAULT 0
  CHECK (guests_season BETWEEN 0 AND 100);
ALTER TABLE bookings ADD COLUMN guests integer NOT NULL DEFAULT 0 CHECK (guests BETWEEN 0 AND 3);
ALTER TABLE bookings ADD COLUMN tickets integer NOT NULL DEFAULT 0 CHECK (tickets BETWEEN 0 AND 60);

CREATE TABLE ticket_entries (
  club_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  member_id uuid NOT NULL,
  delta integer NOT NULL CHECK (delta <> 0),
  kind text NOT NULL CHECK (kind IN ('sold', 'bought', 'corrected', 'used', 'returned')),
  booking_id uuid,
  by_id uuid,
  PRIMARY KEY (club_id, id),
  FOREIGN KEY (club_id, member_id) REFERENCES members,
  FOREIGN KEY (club_id, booking_id) REFERENCES bookings
);
CREATE INDEX ticket_entries_member ON ticket_entries (club_id, member_id, id);
CREATE INDEX ticket_entries_booking ON ticket_entries (club_id, booking_id)
  WHERE (booking_id IS NOT NULL);

-- Tickets bought through the payment service: credited once, when they are paid.
CREATE TABLE ticket_orders (
  club_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  member_id uuid NOT NULL,
  count integer NOT NULL CHECK (count BETWEEN 1 AND 50),
  cents integer NOT NULL CHECK (cents > 0),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  paid_at timestamptz,
  PRIMARY KEY (club_id, id),
  FOREIGN KEY (club_id, member_id) REFERENCES members
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['ticket_entries', 'ticket_orders'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_club ON %I USING (club_id = current_club())
      WITH CHECK (club_id = current_club())', name);
  END LOOP;
END $$;

CREATE FUNCTION use_tickets() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, pg_temp AS $$
DECLARE
  wanted integer := CASE WHEN NEW.status = 'confirmed' OR NEW.missed_at IS NOT NULL
    THEN NEW.tickets ELSE 0 END;
  used integer;
  balance integer;
BEGIN
  SELECT -coalesce(sum(delta), 0) INTO used FROM ticket_entries
    WHERE club_id = NEW.club_id AND booking_id = NEW.id;
  IF wanted = used THEN
    RETURN NULL;
  END IF;
  SELECT coalesce(sum(delta), 0) INTO balance FROM ticket_entries
    WHERE club_id = NEW.club_id AND member_id = NEW.owner_id;
  -- An officer may let a member owe tickets, with a reason; nobody else may.
  IF balance < wanted - used AND NEW.override_reason IS NULL THEN
    RAISE EXCEPTION 'not enough tickets' USING ERRCODE = 'check_violation';
  END IF;
  INSERT INTO ticket_entries (club_id, member_id, delta, kind, booking_id)
    VALUES (NEW.club_id, NEW.owner_id, used - wanted,
      CASE WHEN wanted > used THEN 'used' ELSE 'returned' END, NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER tickets_inserted AFTER INSERT ON bookings
  FOR EACH ROW WHEN (NEW.tickets > 0) EXECUTE FUNCTION use_tickets();
CREATE TRIGGER tickets_updated AFTER UPDATE ON bookings
  FOR EACH ROW WHEN (NEW.tickets > 0 OR OLD.tickets > 0) EXECUTE FUNCTION use_tickets();

-- What a desk sold or took back, or a payment brought. The balance never falls below nothing by it.
CREATE FUNCTION give_tickets(who uuid, n integer, what text, by_whom uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = :schema, pg_temp AS $$
DECLARE
  balance integer;
BEGIN
  IF what NOT IN ('sold', 'bought', 'corrected') OR abs(n) > 500 THEN
    RETURN false;
  END IF;
  PERFORM FROM members WHERE club_id = current_club() AND id = who FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  SELECT coalesce(sum(delta), 0) INTO balance FROM ticket_entries
    WHERE club_id = current_club() AND member_id = who;
  IF n < 0 AND balance + n < 0 THEN
    RETURN false;
  END IF;
  INSERT INTO ticket_entries (club_id, member_id, delta, kind, by_id)
    VALUES (current_club(), who, n, what, by_whom);
  RETURN true;
END $$;

REVOKE ALL ON FUNCTION use_tickets(), give_tickets(uuid, integer, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION give_tickets(uuid, integer, text, uuid) TO :app;
GRANT SELECT ON ticket_entries TO :app;
GRANT SELECT, INSERT ON ticket_orders TO :app;
GRANT UPDATE (paid_at) ON ticket_orders TO :app;
GRANT UPDATE (guests, tickets) ON bookings TO :app;
GRANT UPDATE (guest_tickets, ticket_cents, season_month) ON clubs TO :app;
GRANT UPDATE (guests_season) ON subscriptions TO :app;
