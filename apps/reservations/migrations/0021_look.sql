-- A club's own look: name, colour and a logo it brings itself, changed by its secretary.
--
-- A logo is a row of its own, so that the history of the club's row stays small and an undo finds the
-- image again. It is forgotten when neither the club nor its history speaks of it any more.

ALTER TABLE clubs ADD COLUMN look_version integer NOT NULL DEFAULT 0;

CREATE TABLE logos (
  club_id uuid NOT NULL REFERENCES clubs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  png bytea NOT NULL CHECK (length(png) BETWEEN 57 AND 65536
    AND substring(png FROM 1 FOR 8) = '\x89504e470d0a1a0a'),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (club_id, id)
);
ALTER TABLE logos ENABLE ROW LEVEL SECURITY;
ALTER TABLE logos FORCE ROW LEVEL SECURITY;
CREATE POLICY own_club ON logos USING (club_id = current_club())
  WITH CHECK (club_id = current_club());

ALTER TABLE clubs ADD COLUMN logo_id uuid; -- null: drawn
ALTER TABLE clubs ADD FOREIGN KEY (id, logo_id) REFERENCES logos (club_id, id);

CREATE FUNCTION forget_logos() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, pg_temp AS $$
BEGIN
  DELETE FROM logos l WHERE l.club_id = NEW.club_id AND l.id <> NEW.id
    AND l.created_at < clock_timestamp() - interval '1 day'
    AND NOT EXISTS (SELECT FROM clubs c WHERE c.id = l.club_id AND c.logo_id = l.id)
    AND NOT EXISTS (SELECT FROM changes h WHERE h.club_id = l.club_id AND h.row_table = 'clubs'
      AND l.id::text IN (h.before ->> 'logo_id', h.after ->> 'logo_id'));
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION forget_logos() FROM PUBLIC;
CREATE TRIGGER forgotten AFTER INSERT ON logos
  FOR EACH ROW EXECUTE FUNCTION forget_logos();

GRANT SELECT, INSERT ON logos TO :app;
GRANT UPDATE (name, town, language, colour, logo_id, look_version) ON clubs TO :app;
