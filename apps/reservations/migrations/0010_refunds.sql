-- Money that goes back. Whatever cancels a paid booking (a member in time, an officer, a closure, an
-- undone deed, a payment that came too late) owes the money from that same transaction on. Who did
-- not come for his court gets nothing back.
--
-- A row is `owed`, then `asking` before the payment service hears of it, then `asked` while it works.
-- A booking that stands again before it was asked keeps its money; after, it is to be paid anew.

CREATE TABLE refunds (
  club_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  booking_id uuid NOT NULL,
  paid_at timestamptz NOT NULL,            -- the payment it gives back: the booking's, then
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  state text NOT NULL DEFAULT 'owed'
    CHECK (state IN ('owed', 'asking', 'asked', 'review', 'done', 'refused')),
  cents integer CHECK (cents > 0),
  refund text CHECK (length(refund) <= 40), -- the payment service's name for it
  next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  PRIMARY KEY (club_id, id),
  UNIQUE (club_id, booking_id, paid_at),
  FOREIGN KEY (club_id, booking_id) REFERENCES bookings
);
CREATE INDEX refunds_due ON refunds (club_id, next_at) WHERE (state NOT IN ('done', 'refused'));

ALTER TABLE refunds ENABLE ROW LEVEL SECURITY;
ALTER TABLE refunds FORCE ROW LEVEL SECURITY;
CREATE POLICY own_club ON refunds USING (club_id = current_club())
  WITH CHECK (club_id = current_club());

CREATE FUNCTION owe_refund() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, pg_temp AS $$
BEGIN
  IF NEW.status = 'cancelled' AND NEW.paid_at IS NOT NULL AND NEW.missed_at IS NULL THEN
    INSERT INTO refunds (club_id, booking_id, paid_at) VALUES (NEW.club_id, NEW.id, NEW.paid_at)
      ON CONFLICT DO NOTHING;
  ELSIF NEW.status = 'confirmed' AND OLD.status = 'cancelled' AND NEW.paid_at IS NOT NULL THEN
    DELETE FROM refunds WHERE club_id = NEW.club_id AND booking_id = NEW.id AND state = 'owed';
    IF EXISTS (SELECT FROM refunds WHERE club_id = NEW.club_id AND booking_id = NEW.id
        AND paid_at = NEW.paid_at AND state <> 'refused') THEN
      NEW.paid_at := NULL;
    END IF;
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION owe_refund() FROM PUBLIC;
CREATE TRIGGER owed BEFORE UPDATE ON bookings FOR EACH ROW EXECUTE FUNCTION owe_refund();

ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN ('closed', 'cancelled',
  'invited', 'removed', 'moved', 'booked', 'restored', 'freed', 'missed', 'refunded'));

-- The application can neither invent a refund nor lose one.
GRANT SELECT ON refunds TO :app;
GRANT UPDATE (state, cents, refund, next_at, ended_at) ON refunds TO :app;
