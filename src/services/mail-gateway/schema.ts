/**
 * The mail gateway's schema in the control database. The list only grows.
 *
 * @module
 */
import type { Migration } from '#system/postgres/migrate.ts'
import { acceptFunction } from './accept-function.ts'
import { ratesTable } from './rates.ts'

export const migrations: readonly Migration[] = [
  {
    name: '0001-queue',
    sql: `
      create table message (
        id uuid primary key,
        sender text not null,
        tenant text not null,
        list text not null,
        category text not null,
        from_domain text not null,
        -- Gone as soon as every delivery has ended: we keep that a mail was sent, not what it said.
        content bytea,
        received_at timestamptz not null
      );

      -- Who does not want which mail. The person is a keyed hash; no address stands here.
      create table subscription (
        id uuid primary key default gen_random_uuid(),
        sender text not null,
        tenant text not null,
        list text not null,
        victim text not null,
        generation int not null default 1,
        stopped_at timestamptz,
        unique (victim, sender, tenant, list)
      );

      create table delivery (
        id uuid primary key,
        message_id uuid not null references message on delete cascade,
        subscription_id uuid not null references subscription,
        recipient text not null,
        domain text not null,
        state text not null default 'queued'
          check (state in ('queued', 'delivered', 'refused', 'withheld', 'expired')),
        attempts int not null default 0,
        next_at timestamptz not null,
        -- Number of the process that is delivering it; it holds an advisory lock of that number.
        claimed_by int,
        last_reply text,
        ended_at timestamptz
      );
      create index delivery_due on delivery (domain, next_at) where state = 'queued';
      create index delivery_claimed on delivery (claimed_by) where claimed_by is not null;
      create index delivery_of_message on delivery (message_id);

      -- One row for each mail a person was let to get; what the limits count.
      create table victim_mail (
        victim text not null,
        security boolean not null,
        at timestamptz not null
      );
      create index victim_mail_window on victim_mail (victim, security, at);
      create index victim_mail_age on victim_mail (at);
    `,
  },
  {
    name: '0002-delivery-by-subscription',
    sql: `create index delivery_of_subscription on delivery (subscription_id)`,
  },
  {
    name: '0003-suppression',
    sql: `
      -- To whom nothing is sent, or no lists, and why. The person is a keyed hash.
      create table suppression (
        victim text primary key,
        reason text not null check (reason in ('dead', 'complaint')),
        -- The receiver's status code, or the kind of complaint.
        status text not null,
        since timestamptz not null
      );
      -- What came back after the receiver had taken it.
      alter table delivery add column returned_at timestamptz;
      alter table delivery add column returned_status text;
    `,
  },
  {
    name: '0004-policies-reports-and-keys-of-requests',
    sql: `
      -- What receiving domains announced about TLS (RFC 8461), until it is too old.
      create table sts_policy (
        domain text primary key,
        policy jsonb not null,
        expires_at timestamptz not null
      );

      -- A request of the HTTP API that was answered: the same key gets the same answer.
      create table submitted (
        sender text not null,
        key text not null,
        digest text not null,
        message_id uuid,
        queued int,
        withheld int,
        at timestamptz not null,
        primary key (sender, key)
      );
      create index submitted_age on submitted (at);

      -- What receivers report about mail in our name.
      create table report (
        id uuid primary key default gen_random_uuid(),
        kind text not null check (kind in ('dmarc', 'tls')),
        reporter text not null,
        report_id text not null,
        domain text not null,
        begins_at timestamptz not null,
        ends_at timestamptz not null,
        received_at timestamptz not null,
        unique (kind, reporter, report_id, domain)
      );
      create index report_age on report (ends_at);

      create table dmarc_source (
        report uuid not null references report on delete cascade,
        source text not null,
        messages int not null,
        dkim boolean not null,
        spf boolean not null,
        disposition text not null,
        header_from text not null
      );
      create index dmarc_source_of_report on dmarc_source (report);

      create table tls_result (
        report uuid not null references report on delete cascade,
        policy text not null,
        succeeded int not null,
        failed int not null,
        -- Kinds of failure and how often each, as the receiver names them.
        failures jsonb not null
      );
      create index tls_result_of_report on tls_result (report);
    `,
  },
  {
    name: '0005-accept',
    sql: acceptFunction,
  },
  {
    name: '0006-rates',
    sql: ratesTable,
  },
]
