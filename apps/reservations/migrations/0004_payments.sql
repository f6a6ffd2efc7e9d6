-- What a court costs, and what was paid. Amounts are in euro cents; no card is known here.
ALTER TABLE courts ADD COLUMN price_cents_hour integer NOT NULL DEFAULT 0
  CHECK (price_cents_hour BETWEEN 0 AND 100000);
ALTER TABLE bookings ADD COLUMN paid_at timestamptz;
GRANT UPDATE (paid_at) ON bookings TO :app;
