/**
 * The staff schema in the control database. The list only grows.
 *
 * @module
 */
import type { Migration } from '#system/postgres/migrate.ts'

export const migrations: readonly Migration[] = [
  {
    name: '0001-staff',
    sql: `
      create table account (
        id uuid primary key default gen_random_uuid(),
        name text not null unique check (name = lower(name)),
        role text not null check (role in ('owner', 'operator', 'support', 'auditor', 'probe')),
        state text not null default 'invited' check (state in ('invited', 'active', 'disabled')),
        password_hash text,
        password_changed_at timestamptz,
        created_at timestamptz not null default now()
      );

      -- Of tokens and codes only the SHA-256 is kept.
      create table invitation (
        token_hash bytea primary key,
        account_id uuid not null references account on delete cascade,
        expires_at timestamptz not null,
        used_at timestamptz
      );

      create table totp (
        account_id uuid primary key references account on delete cascade,
        seed bytea not null,
        -- The last time step a code was accepted for; no code of it or before counts again.
        last_step bigint not null default 0,
        confirmed_at timestamptz
      );

      create table passkey (
        id text primary key,
        account_id uuid not null references account on delete cascade,
        public_key bytea not null,
        counter bigint not null,
        transports text[] not null,
        created_at timestamptz not null default now(),
        used_at timestamptz
      );

      create table recovery_code (
        code_hash bytea primary key,
        account_id uuid not null references account on delete cascade,
        used_at timestamptz
      );

      create table session (
        id uuid primary key default gen_random_uuid(),
        token_hash bytea not null unique,
        account_id uuid not null references account on delete cascade,
        stage text not null check (stage in ('password', 'enrol', 'full')),
        tries int not null default 0,
        device text not null,
        network text not null,
        created_at timestamptz not null,
        seen_at timestamptz not null
      );

      create table access_request (
        id uuid primary key default gen_random_uuid(),
        account_id uuid not null references account,
        role text not null check (role in ('read', 'write')),
        minutes int not null check (minutes between 1 and 60),
        reason text not null,
        state text not null default 'requested'
          check (state in ('requested', 'approved', 'started', 'ended')),
        approved_by text,
        database_role text,
        requested_at timestamptz not null default now(),
        ends_at timestamptz
      );
      create index access_request_time on access_request (requested_at);
    `,
  },
  {
    name: '0002-step-up',
    sql: `
      alter table session add column proved_at timestamptz;
      alter table passkey add column label text not null default '';
    `,
  },
  {
    name: '0003-approvals',
    sql: `
      create table approval (
        id uuid primary key default gen_random_uuid(),
        act text not null,
        subject text not null,
        reason text not null,
        asked_by uuid not null references account,
        asked_at timestamptz not null,
        approved_by uuid references account,
        approved_at timestamptz,
        used_at timestamptz,
        withdrawn_at timestamptz,
        check (approved_by is null or approved_by <> asked_by)
      );
      create index approval_time on approval (asked_at);
    `,
  },
  {
    name: '0004-notices',
    sql: `
      -- Links of mails, of which only the SHA-256 is kept: "it wasn't me", and approvals.
      create table link (
        token_hash bytea primary key,
        kind text not null check (kind in ('not-me', 'approve')),
        account_id uuid not null references account on delete cascade,
        request_id uuid references access_request,
        expires_at timestamptz not null,
        used_at timestamptz
      );
      alter table account add column noticed_at timestamptz;
      -- What a person's account at the company's own provider is known by.
      create table provider_identity (
        issuer text not null,
        subject text not null,
        account_id uuid not null references account on delete cascade,
        primary key (issuer, subject)
      );
    `,
  },
  {
    name: '0005-outside',
    sql: `
      create table outside_service (
        id uuid primary key default gen_random_uuid(),
        name text not null unique,
        purpose text not null,
        owner text not null,
        second_factor text not null check (second_factor in ('yes', 'no', 'none-offered')),
        personal_data text not null,
        credential_changed_on date not null,
        reviewed_on date not null,
        reviewed_by text not null,
        reminded_on date
      );
    `,
  },
  {
    name: '0006-outside-proof',
    sql: `
      -- What the service's own API said, and when it last did; null where it says nothing.
      alter table outside_service
        add column proven_second text check (proven_second in ('yes', 'no')),
        add column proven_credential_at timestamptz,
        add column proven_at timestamptz,
        add column proof_problem text;
    `,
  },
]
