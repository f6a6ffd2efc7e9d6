-- Row security on every table, and exactly the rights the application needs.
--
-- The application's role owns nothing, creates nothing and deletes nothing but sessions, old login
-- failures and partners. `clubs` may be read without a club being set, because a club's name and
-- look are public and its id must be found first; nothing else may.

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['courts', 'subscriptions', 'quotas', 'members', 'sessions',
    'login_failures', 'series', 'bookings', 'partners', 'notices']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_club ON %I USING (club_id = current_club())
      WITH CHECK (club_id = current_club())', name);
  END LOOP;
END $$;

ALTER TABLE clubs ENABLE ROW LEVEL SECURITY;
ALTER TABLE clubs FORCE ROW LEVEL SECURITY;
CREATE POLICY shown_to_all ON clubs FOR SELECT USING (true);
CREATE POLICY own_club_insert ON clubs FOR INSERT WITH CHECK (id = current_club());
CREATE POLICY own_club_update ON clubs FOR UPDATE
  USING (id = current_club()) WITH CHECK (id = current_club());

REVOKE ALL ON ALL TABLES IN SCHEMA :schema FROM PUBLIC;
GRANT USAGE ON SCHEMA :schema TO :app;
GRANT SELECT ON clubs, courts, subscriptions, quotas, members, series TO :app;
GRANT UPDATE (opens_minute, closes_minute, release_minute, cancel_hours) ON clubs TO :app;
GRANT UPDATE (days_ahead, partners_min) ON subscriptions TO :app;
GRANT UPDATE (bookings_max) ON quotas TO :app;
GRANT UPDATE (language, shares_name) ON members TO :app;
GRANT SELECT, INSERT, DELETE ON sessions, login_failures, partners TO :app;
GRANT SELECT, INSERT ON bookings, notices TO :app;
GRANT UPDATE (court_id, during, status, cancelled_at, override_reason) ON bookings TO :app;
GRANT UPDATE (read_at) ON notices TO :app;
