-- Who pays, for clubs whose bank asks for it (3-D Secure): a name and an address, given by the member
-- at the first payment, kept until he changes it, takes it away or leaves. Nothing else needs it.

CREATE TABLE payers (
  club_id uuid NOT NULL,
  member_id uuid NOT NULL,
  first_name text NOT NULL CHECK (length(first_name) BETWEEN 1 AND 60),
  last_name text NOT NULL CHECK (length(last_name) BETWEEN 1 AND 60),
  address1 text NOT NULL CHECK (length(address1) BETWEEN 1 AND 100),
  zip_code text NOT NULL CHECK (length(zip_code) BETWEEN 1 AND 16),
  city text NOT NULL CHECK (length(city) BETWEEN 1 AND 60),
  country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
  PRIMARY KEY (club_id, member_id),
  FOREIGN KEY (club_id, member_id) REFERENCES members
);
ALTER TABLE payers ENABLE ROW LEVEL SECURITY;
ALTER TABLE payers FORCE ROW LEVEL SECURITY;
CREATE POLICY own_club ON payers USING (club_id = current_club())
  WITH CHECK (club_id = current_club());
GRANT SELECT, INSERT, UPDATE, DELETE ON payers TO :app;

CREATE FUNCTION forget_payer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = :schema, pg_temp AS $$
BEGIN
  DELETE FROM payers WHERE club_id = NEW.club_id AND member_id = NEW.id;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION forget_payer() FROM PUBLIC;
CREATE TRIGGER payer_forgotten AFTER UPDATE ON members FOR EACH ROW
  WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL) EXECUTE FUNCTION forget_payer();
