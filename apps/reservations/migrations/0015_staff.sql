-- An assistant runs the desk and holds neither the list of members, nor rules, nor money
-- (src/rights.ts). Roles change through one function only: the application can write no role itself.

ALTER TABLE members DROP CONSTRAINT members_role_check;
ALTER TABLE members ADD CONSTRAINT members_role_check
  CHECK (role IN ('member', 'coach', 'assistant', 'secretary'));

-- `role`: somebody was given another role.
ALTER TABLE alerts DROP CONSTRAINT alerts_kind_check;
ALTER TABLE alerts ADD CONSTRAINT alerts_kind_check
  CHECK (kind IN ('export', 'list', 'canary', 'import', 'link', 'webhook', 'role'));

-- A secretary gives a role. Nobody changes his own, so a secretary always remains. Whoever's role
-- changes logs in again.
CREATE FUNCTION give_role(who uuid, what text, by_whom uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = :schema, pg_temp AS $$
BEGIN
  PERFORM FROM members WHERE club_id = current_club() AND id = by_whom AND active
    AND role = 'secretary' FOR UPDATE;
  IF NOT FOUND OR who = by_whom THEN
    RETURN false;
  END IF;
  UPDATE members SET role = what
    WHERE club_id = current_club() AND id = who AND active AND NOT canary AND role <> what;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM sessions WHERE club_id = current_club() AND member_id = who;
  RETURN true;
END $$;

REVOKE ALL ON FUNCTION give_role(uuid, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION give_role(uuid, text, uuid) TO :app;
REVOKE INSERT ON members FROM :app;
GRANT INSERT (club_id, id, subscription_id, email, password_hash, first_name, last_name, birth_year,
  language, licence, shares_name, guardian_id, active) ON members TO :app;
