-- A member leaves, and with him whatever says who he was: also from the history, so that going back
-- to a moment does not bring him back. What others need stays, without a name.

ALTER TABLE members ADD COLUMN erased_at timestamptz;

CREATE TABLE erasures (
  club_id uuid NOT NULL,
  member_id uuid NOT NULL,
  erased_at timestamptz NOT NULL,
  PRIMARY KEY (club_id, member_id),
  FOREIGN KEY (club_id, member_id) REFERENCES members
);
ALTER TABLE erasures ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasures FORCE ROW LEVEL SECURITY;
CREATE POLICY own_club ON erasures USING (club_id = current_club())
  WITH CHECK (club_id = current_club());

-- Runs as the owner: the application itself can delete no history. Row security binds it to the club.
CREATE FUNCTION erase_member(who uuid, at timestamptz) RETURNS boolean LANGUAGE plpgsql
SECURITY DEFINER SET search_path = :schema, pg_temp AS $$
DECLARE
  address text;
BEGIN
  SELECT email INTO address FROM members
    WHERE club_id = current_club() AND id = who AND erased_at IS NULL FOR UPDATE;
  IF address IS NULL THEN
    RETURN false;
  END IF;
  UPDATE members SET email = who || '@erased.invalid', password_hash = '', first_name = '—',
      last_name = '—', birth_year = 1900, language = NULL, shares_name = false, active = false,
      licence = '', role = 'member', erased_at = at
    WHERE club_id = current_club() AND id = who;
  UPDATE bookings SET override_reason = NULL
    WHERE club_id = current_club() AND owner_id = who AND override_reason IS NOT NULL;
  DELETE FROM sessions WHERE club_id = current_club() AND member_id = who;
  DELETE FROM notices WHERE club_id = current_club() AND member_id = who;
  DELETE FROM waits WHERE club_id = current_club() AND member_id = who;
  DELETE FROM feeds WHERE club_id = current_club() AND member_id = who;
  DELETE FROM invitations WHERE club_id = current_club() AND member_id = who;
  DELETE FROM session_reads WHERE club_id = current_club() AND member_id = who;
  DELETE FROM imports WHERE club_id = current_club();
  DELETE FROM login_failures WHERE club_id = current_club()
    AND account_hash = sha256(convert_to(address, 'UTF8'));
  -- The triggers above remembered the row as it was: that goes last.
  DELETE FROM changes WHERE club_id = current_club() AND row_table = 'members'
    AND row_key = who::text;
  UPDATE changes SET before = before - 'override_reason', after = after - 'override_reason'
    WHERE club_id = current_club() AND row_table = 'bookings'
      AND coalesce(after, before) ->> 'owner_id' = who::text;
  INSERT INTO erasures (club_id, member_id, erased_at) VALUES (current_club(), who, at);
  RETURN true;
END $$;

REVOKE ALL ON FUNCTION erase_member(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_member(uuid, timestamptz) TO :app;
GRANT SELECT ON erasures TO :app;
