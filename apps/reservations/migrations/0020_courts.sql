-- Courts as the secretary keeps them: added, renamed, priced, and taken out of use. One out of use
-- stays for the games that were played on it.
ALTER TABLE courts ADD COLUMN retired boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX courts_name ON courts (club_id, lower(name)) WHERE (NOT retired);
GRANT INSERT ON courts TO :app;
GRANT UPDATE (position, name, sport, surface, indoor, length_min, length_max, length_usual,
  price_cents_hour, retired) ON courts TO :app;
CREATE TRIGGER remembered AFTER INSERT OR UPDATE OR DELETE ON courts
  FOR EACH ROW EXECUTE FUNCTION remember();

-- Nothing new stands on a court out of use, whoever asks: it is as if it were always taken.
CREATE FUNCTION stand_on_court_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, pg_temp AS $$
BEGIN
  IF NEW.status = 'confirmed' AND EXISTS (SELECT FROM courts
      WHERE club_id = NEW.club_id AND id = NEW.court_id AND retired) THEN
    RAISE EXCEPTION 'the court is out of use' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION stand_on_court_in_use() FROM PUBLIC;
CREATE TRIGGER on_court_in_use BEFORE INSERT OR UPDATE OF court_id, during, status ON bookings
  FOR EACH ROW EXECUTE FUNCTION stand_on_court_in_use();

-- A paid game that moves to where it costs something else: what was paid goes back, and the new
-- amount is to be paid. The refund is `asking` at once, so that the next payment has a new name.
CREATE OR REPLACE FUNCTION owe_refund() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, pg_temp AS $$
DECLARE
  was bigint;
  becomes bigint;
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
  ELSIF NEW.status = 'confirmed' AND OLD.paid_at IS NOT NULL AND NEW.paid_at IS NOT NULL
      AND (NEW.court_id <> OLD.court_id OR NEW.during <> OLD.during) THEN
    SELECT price_cents_hour * extract(epoch FROM upper(OLD.during) - lower(OLD.during))
      INTO was FROM courts WHERE club_id = OLD.club_id AND id = OLD.court_id;
    SELECT price_cents_hour * extract(epoch FROM upper(NEW.during) - lower(NEW.during))
      INTO becomes FROM courts WHERE club_id = NEW.club_id AND id = NEW.court_id;
    IF was <> becomes THEN
      INSERT INTO refunds (club_id, booking_id, paid_at, state)
        VALUES (NEW.club_id, NEW.id, NEW.paid_at, 'asking') ON CONFLICT DO NOTHING;
      NEW.paid_at := NULL;
    END IF;
  END IF;
  RETURN NEW;
END $$;
