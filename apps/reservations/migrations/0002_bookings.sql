-- What stands on the courts: play, courses, matches, closures.
--
-- One table for all, so that one constraint guards them all. A closure is a booking that nobody
-- plays: it can no more overlap than two members can.

-- A course or a repeated closure, as the club's clock shows it: wall clock, never an instant.
CREATE TABLE series (
  club_id uuid NOT NULL REFERENCES clubs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  court_id uuid NOT NULL,
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 80),
  coach_id uuid,
  weekday integer NOT NULL CHECK (weekday BETWEEN 1 AND 7), -- ISO: 1 Monday
  start_minute integer NOT NULL CHECK (start_minute BETWEEN 0 AND 1439),
  length_minutes integer NOT NULL CHECK (length_minutes BETWEEN 30 AND 480),
  first_date date NOT NULL,
  last_date date NOT NULL,
  PRIMARY KEY (club_id, id),
  FOREIGN KEY (club_id, court_id) REFERENCES courts,
  FOREIGN KEY (club_id, coach_id) REFERENCES members,
  CHECK (first_date <= last_date)
);

CREATE TABLE bookings (
  club_id uuid NOT NULL REFERENCES clubs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  court_id uuid NOT NULL,
  during tstzrange NOT NULL,
  kind text NOT NULL DEFAULT 'play' CHECK (kind IN ('play', 'course', 'match', 'closure')),
  status text NOT NULL DEFAULT 'confirmed' CHECK (status IN ('confirmed', 'cancelled')),
  title text NOT NULL DEFAULT '' CHECK (length(title) <= 80),
  owner_id uuid,                           -- the member responsible; only play has one
  created_by uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  cancelled_at timestamptz,
  override_reason text CHECK (length(override_reason) BETWEEN 3 AND 200),
  series_id uuid,
  group_id uuid,                           -- courts closed in one act reopen in one act
  PRIMARY KEY (club_id, id),
  FOREIGN KEY (club_id, court_id) REFERENCES courts,
  FOREIGN KEY (club_id, owner_id) REFERENCES members,
  FOREIGN KEY (club_id, created_by) REFERENCES members,
  FOREIGN KEY (club_id, series_id) REFERENCES series,
  CHECK ((kind = 'play') = (owner_id IS NOT NULL)),
  CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
  -- An empty or unbounded range would slip past, or swallow, the constraint below.
  CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)),
  CHECK (isfinite(lower(during)) AND isfinite(upper(during))), -- 'infinity' is a bound like another
  CHECK (lower_inc(during) AND NOT upper_inc(during)),
  -- The last wall. club_id comes first: without it a club could learn that another's court is taken.
  CONSTRAINT bookings_never_overlap
    EXCLUDE USING gist (club_id WITH =, court_id WITH =, during WITH &&)
    WHERE (status <> 'cancelled')
);
CREATE INDEX bookings_day ON bookings USING gist (club_id, during) WHERE (status <> 'cancelled');
CREATE INDEX bookings_owner ON bookings (club_id, owner_id, created_at);

-- Who plays besides the one responsible.
CREATE TABLE partners (
  club_id uuid NOT NULL,
  booking_id uuid NOT NULL,
  member_id uuid NOT NULL,
  PRIMARY KEY (club_id, booking_id, member_id),
  FOREIGN KEY (club_id, booking_id) REFERENCES bookings ON DELETE CASCADE,
  FOREIGN KEY (club_id, member_id) REFERENCES members
);
CREATE INDEX partners_member ON partners (club_id, member_id);

-- What a member must be told at the next visit: a partner cancelled, a court was closed.
CREATE TABLE notices (
  club_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  member_id uuid NOT NULL,
  booking_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('closed', 'cancelled', 'invited', 'removed', 'moved', 'booked')),
  reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
  created_at timestamptz NOT NULL DEFAULT now(),
  read_at timestamptz,
  PRIMARY KEY (club_id, id),
  FOREIGN KEY (club_id, member_id) REFERENCES members ON DELETE CASCADE,
  FOREIGN KEY (club_id, booking_id) REFERENCES bookings ON DELETE CASCADE
);
CREATE INDEX notices_unread ON notices (club_id, member_id) WHERE (read_at IS NULL);
