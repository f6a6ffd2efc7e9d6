-- Who keeps not coming for his courts may not book for a while: so many missed games within thirty
-- days, so many days after the last. An officer may book for him with a reason.

ALTER TABLE clubs ADD COLUMN suspend_misses integer NOT NULL DEFAULT 0
  CHECK (suspend_misses BETWEEN 0 AND 10);  -- 0: never
ALTER TABLE clubs ADD COLUMN suspend_days integer NOT NULL DEFAULT 7
  CHECK (suspend_days BETWEEN 1 AND 60);
CREATE INDEX bookings_missed ON bookings (club_id, owner_id, missed_at)
  WHERE (missed_at IS NOT NULL);
GRANT UPDATE (suspend_misses, suspend_days) ON clubs TO :app;
