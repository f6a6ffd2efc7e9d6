-- Clubs, their courts, members and rules.
--
-- Every table carries club_id, first in every key, so that no reference can cross clubs. Row
-- security is FORCEd: it binds the owner too. With no club set, `app.club` is null or '' and every
-- comparison is null: no row is visible and none can be written.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE FUNCTION current_club() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.club', true), '')::uuid;

CREATE TABLE clubs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,30}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  town text NOT NULL DEFAULT '',
  zone text NOT NULL,                       -- IANA name, such as Europe/Brussels
  language text NOT NULL CHECK (language IN ('nl', 'fr', 'en')),
  colour text NOT NULL CHECK (colour ~ '^#[0-9a-f]{6}$'),
  logo_svg text NOT NULL CHECK (length(logo_svg) <= 20000),
  opens_minute integer NOT NULL CHECK (opens_minute BETWEEN 0 AND 1440 AND opens_minute % 30 = 0),
  closes_minute integer NOT NULL CHECK (closes_minute BETWEEN 0 AND 1440 AND closes_minute % 30 = 0),
  release_minute integer NOT NULL DEFAULT 0 CHECK (release_minute BETWEEN 0 AND 1439),
  cancel_hours integer NOT NULL DEFAULT 0 CHECK (cancel_hours BETWEEN 0 AND 168),
  CHECK (opens_minute < closes_minute)
);

CREATE TABLE courts (
  club_id uuid NOT NULL REFERENCES clubs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  position integer NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
  sport text NOT NULL CHECK (sport IN ('tennis', 'padel', 'squash')),
  surface text NOT NULL CHECK (surface IN ('clay', 'hard', 'artificial', 'carpet', 'glass')),
  indoor boolean NOT NULL DEFAULT false,
  length_min integer NOT NULL DEFAULT 60 CHECK (length_min > 0 AND length_min % 30 = 0),
  length_max integer NOT NULL DEFAULT 120 CHECK (length_max <= 480 AND length_max % 30 = 0),
  length_usual integer NOT NULL DEFAULT 60,
  PRIMARY KEY (club_id, id),
  CHECK (length_usual BETWEEN length_min AND length_max)
);

CREATE TABLE subscriptions (
  club_id uuid NOT NULL REFERENCES clubs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  days_ahead integer NOT NULL CHECK (days_ahead BETWEEN 0 AND 365),
  partners_min integer NOT NULL DEFAULT 1 CHECK (partners_min BETWEEN 0 AND 3),
  PRIMARY KEY (club_id, id)
);

-- A quota counts the bookings a member is responsible for. Null or full width means "any".
CREATE TABLE quotas (
  club_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  subscription_id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  sport text CHECK (sport IN ('tennis', 'padel', 'squash')),
  indoor boolean,
  weekdays integer NOT NULL DEFAULT 127 CHECK (weekdays BETWEEN 1 AND 127), -- 1 Monday … 64 Sunday
  from_minute integer NOT NULL DEFAULT 0 CHECK (from_minute BETWEEN 0 AND 1439),
  to_minute integer NOT NULL DEFAULT 1440 CHECK (to_minute BETWEEN 1 AND 1440),
  period text NOT NULL CHECK (period IN ('day', 'week', 'upcoming')),
  bookings_max integer NOT NULL CHECK (bookings_max BETWEEN 0 AND 100),
  PRIMARY KEY (club_id, id),
  FOREIGN KEY (club_id, subscription_id) REFERENCES subscriptions ON DELETE CASCADE,
  CHECK (from_minute < to_minute)
);

CREATE TABLE members (
  club_id uuid NOT NULL REFERENCES clubs,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  subscription_id uuid NOT NULL,
  email text NOT NULL CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
  password_hash text NOT NULL,
  first_name text NOT NULL CHECK (length(first_name) BETWEEN 1 AND 60),
  last_name text NOT NULL CHECK (length(last_name) BETWEEN 1 AND 60),
  birth_year integer NOT NULL CHECK (birth_year BETWEEN 1900 AND 2200), -- never the date
  language text CHECK (language IN ('nl', 'fr', 'en')),
  role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'coach', 'secretary')),
  shares_name boolean NOT NULL DEFAULT false, -- consent: other members may see and choose the name
  active boolean NOT NULL DEFAULT true,
  PRIMARY KEY (club_id, id),
  UNIQUE (club_id, email),
  FOREIGN KEY (club_id, subscription_id) REFERENCES subscriptions
);

-- The token itself is never stored, only its SHA-256.
CREATE TABLE sessions (
  club_id uuid NOT NULL REFERENCES clubs,
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  member_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (club_id, token_hash),
  FOREIGN KEY (club_id, member_id) REFERENCES members ON DELETE CASCADE
);
CREATE INDEX sessions_expiry ON sessions (club_id, expires_at);

CREATE TABLE login_failures (
  club_id uuid NOT NULL REFERENCES clubs,
  account_hash bytea NOT NULL CHECK (length(account_hash) = 32),
  failed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_failures_account ON login_failures (club_id, account_hash, failed_at);
