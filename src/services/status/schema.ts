/**
 * The status service's schema in the control database. The list only grows.
 *
 * @module
 */
import type { Migration } from '#system/postgres/migrate.ts'

export const migrations: readonly Migration[] = [
  {
    name: '0001-first-tables',
    sql: `
      -- Since when each component is watched: before, nothing is claimed about it.
      create table component (id text primary key, since timestamptz not null);

      -- Time in each state, by the minute for two days, by the hour after. What is missing from a
      -- minute or an hour is unknown.
      create table minute (
        component text not null references component,
        start timestamptz not null,
        up_ms int not null,
        down_ms int not null,
        checks int not null,
        failed int not null,
        took_sum_ms double precision not null,
        took_max_ms double precision not null,
        primary key (component, start)
      );
      create table hour (like minute including all);

      create table incident (
        id bigint generated always as identity primary key,
        origin text not null check (origin in ('automatic', 'staff')),
        components text[] not null,
        -- By language; one may be all there is.
        title jsonb not null,
        opened_at timestamptz not null,
        resolved_at timestamptz,
        check (resolved_at >= opened_at)
      );
      create index incident_opened on incident (opened_at desc);
      create table incident_update (
        incident_id bigint not null references incident,
        at timestamptz not null,
        kind text not null
          check (kind in ('investigating', 'identified', 'monitoring', 'resolved')),
        text jsonb not null
      );
      create index incident_update_of on incident_update (incident_id, at);

      create table maintenance (
        id bigint generated always as identity primary key,
        title jsonb not null,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        check (ends_at > starts_at)
      );

      -- The register of breaches (GDPR art. 33(5)): it only grows.
      create table breach_event (
        sequence bigint generated always as identity primary key,
        breach text not null,
        at timestamptz not null,
        kind text not null check (kind in ('recorded', 'corrected', 'notified', 'closed')),
        detail jsonb not null
      );
      create index breach_event_of on breach_event (breach, sequence);
      create function refuse_change() returns trigger language plpgsql as
        'begin raise exception ''the register of breaches only grows''; end';
      create trigger breach_event_only_grows before update or delete or truncate on breach_event
        for each statement execute function refuse_change();
    `,
  },
  {
    name: '0002-subscriptions',
    sql: `
      -- What subscribers are told: written with the step it tells of, in one statement.
      create table notice (
        number bigint generated always as identity primary key,
        at timestamptz not null,
        incident_id bigint references incident,
        kind text not null check
          (kind in ('investigating', 'identified', 'monitoring', 'resolved', 'planned')),
        title jsonb not null,
        text jsonb not null
      );

      -- Where notices go. An address stands here only until its owner ends it, or a day if he
      -- never said yes.
      create table subscription (
        id uuid primary key default gen_random_uuid(),
        kind text not null check (kind in ('mail', 'webhook')),
        place text not null,
        language text not null check (language in ('nl', 'en', 'fr')),
        state text not null default 'pending' check (state in ('pending', 'active')),
        asked_at timestamptz not null,
        confirmed_at timestamptz,
        -- The last notice it was sent, or need not be.
        through bigint not null default 0,
        failures int not null default 0,
        next_at timestamptz not null default '-infinity',
        unique (kind, place)
      );
      create index subscription_behind on subscription (through, next_at) where state = 'active';
      create index subscription_pending on subscription (asked_at) where state = 'pending';
    `,
  },
]
