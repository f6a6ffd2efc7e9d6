-- Who is still to be invited. The link is made when the letter leaves, so that none is ever kept in
-- the clear, and a letter that could not be handed over is tried again until it is.

CREATE TABLE invitations_due (
  club_id uuid NOT NULL,
  member_id uuid NOT NULL,
  next_at timestamptz NOT NULL DEFAULT '-infinity', -- at once
  attempts integer NOT NULL DEFAULT 0,
  PRIMARY KEY (club_id, member_id),
  FOREIGN KEY (club_id, member_id) REFERENCES members ON DELETE CASCADE
);
CREATE INDEX invitations_in_turn ON invitations_due (club_id, next_at);
ALTER TABLE invitations_due ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations_due FORCE ROW LEVEL SECURITY;
CREATE POLICY own_club ON invitations_due USING (club_id = current_club())
  WITH CHECK (club_id = current_club());
GRANT SELECT, INSERT, DELETE ON invitations_due TO :app;
GRANT UPDATE (next_at, attempts) ON invitations_due TO :app;
