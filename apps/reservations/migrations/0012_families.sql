-- A parent acts for a child: books, moves, cancels, reads what the child is told. A family's quota
-- counts the bookings of all of them.

ALTER TABLE members ADD COLUMN guardian_id uuid CHECK (guardian_id <> id);
ALTER TABLE members ADD FOREIGN KEY (club_id, guardian_id) REFERENCES members;
CREATE INDEX members_guardian ON members (club_id, guardian_id) WHERE (guardian_id IS NOT NULL);
ALTER TABLE quotas ADD COLUMN per text NOT NULL DEFAULT 'member'
  CHECK (per IN ('member', 'family'));

-- One level only: who has a guardian is nobody's guardian. A chain would let a child act for others.
CREATE FUNCTION one_level_of_family() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM members WHERE club_id = NEW.club_id
      AND ((id = NEW.guardian_id AND guardian_id IS NOT NULL) OR guardian_id = NEW.id)) THEN
    RAISE EXCEPTION 'a guardian has a guardian' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION one_level_of_family() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER family_level AFTER INSERT OR UPDATE OF guardian_id ON members
  FOR EACH ROW WHEN (NEW.guardian_id IS NOT NULL) EXECUTE FUNCTION one_level_of_family();

-- Who leaves is nobody's guardian any more.
CREATE FUNCTION end_guardianship() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, pg_temp AS $$
BEGIN
  UPDATE members SET guardian_id = NULL WHERE club_id = NEW.club_id AND guardian_id = NEW.id;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION end_guardianship() FROM PUBLIC;
CREATE TRIGGER guardian_left AFTER UPDATE OF active ON members
  FOR EACH ROW WHEN (OLD.active AND NOT NEW.active) EXECUTE FUNCTION end_guardianship();

GRANT UPDATE (guardian_id) ON members TO :app;
GRANT UPDATE (per) ON quotas TO :app;
