-- What an officer may take away, and who is told: proof of presence, counted reads, alerts, imports,
-- invitations.

ALTER TABLE sessions ADD COLUMN proved_at timestamptz; -- the password was given again then

-- Members whose name a session saw only because it is an officer's. Counted until proof is given.
CREATE TABLE session_reads (
  club_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  member_id uuid NOT NULL,
  PRIMARY KEY (club_id, token_hash, member_id),
  FOREIGN KEY (club_id, token_hash) REFERENCES sessions ON DELETE CASCADE,
  FOREIGN KEY (club_id, member_id) REFERENCES members ON DELETE CASCADE
);

-- What the other officers must know. The one who did it does not see it as news.
CREATE TABLE alerts (
  club_id uuid NOT NULL REFERENCES clubs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind text NOT NULL CHECK (kind IN ('export', 'list', 'canary', 'import')),
  by_id uuid,
  count integer NOT NULL DEFAULT 0,
  PRIMARY KEY (club_id, id)
);
CREATE TABLE alerts_seen (
  club_id uuid NOT NULL,
  alert_id uuid NOT NULL,
  member_id uuid NOT NULL,
  PRIMARY KEY (club_id, alert_id, member_id),
  FOREIGN KEY (club_id, alert_id) REFERENCES alerts ON DELETE CASCADE,
  FOREIGN KEY (club_id, member_id) REFERENCES members ON DELETE CASCADE
);

-- Nobody: a name in the list that is used only by who stole the list.
ALTER TABLE members ADD COLUMN canary boolean NOT NULL DEFAULT false;
ALTER TABLE members ADD COLUMN licence text NOT NULL DEFAULT '' CHECK (length(licence) <= 20);

-- A file that was looked at and not yet brought in. It is forgotten within the day.
CREATE TABLE imports (
  club_id uuid NOT NULL REFERENCES clubs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  by_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  content text NOT NULL CHECK (length(content) <= 2000000),
  PRIMARY KEY (club_id, id)
);

-- A link with which a new member sets a password. Only its SHA-256 is kept.
CREATE TABLE invitations (
  club_id uuid NOT NULL,
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  member_id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (club_id, token_hash),
  FOREIGN KEY (club_id, member_id) REFERENCES members ON DELETE CASCADE
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['session_reads', 'alerts', 'alerts_seen', 'imports', 'invitations']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_club ON %I USING (club_id = current_club())
      WITH CHECK (club_id = current_club())', name);
  END LOOP;
END $$;

GRANT UPDATE (proved_at) ON sessions TO :app;
GRANT SELECT, INSERT ON session_reads, alerts, alerts_seen TO :app;
GRANT SELECT, INSERT, DELETE ON imports, invitations TO :app;
GRANT UPDATE (used_at) ON invitations TO :app;
GRANT INSERT ON members TO :app;
GRANT UPDATE (subscription_id, email, password_hash, first_name, last_name, birth_year, active,
  licence) ON members TO :app;
