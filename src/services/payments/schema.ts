/**
 * The schema of payments in the control database. The list only grows.
 *
 * @module
 */
import type { Migration } from '#system/postgres/migrate.ts'

export const migrations: readonly Migration[] = [
  {
    name: '0001-payments',
    sql: `
      -- Keys of a tenant's gateway, sealed: without the key file of the service they say nothing.
      create table tenant_gateway (
        tenant text primary key,
        gateway text not null check (gateway in ('paypal', 'paybox')),
        environment text not null check (environment in ('demonstration', 'test', 'production')),
        sealed_keys bytea not null,
        entered_at timestamptz not null
      );

      create table payment (
        id uuid primary key,
        tenant text not null,
        reference text not null,
        idempotency_key text not null,
        state text not null,
        amount bigint not null check (amount > 0),
        currency text not null check (currency ~ '^[A-Z]{3}$'),
        next_check_at timestamptz,
        created_at timestamptz not null,
        -- The whole payment as the session knows it; the columns beside it are for finding.
        body jsonb not null,
        unique (tenant, idempotency_key)
      );
      create index payment_reference on payment (tenant, reference, created_at desc);
      create index payment_due on payment (next_check_at) where next_check_at is not null;
      -- The last wall: what is paid for is paid for once.
      create unique index payment_paid_once on payment (tenant, reference) where state = 'paid';

      create table ledger (
        id bigint generated always as identity primary key,
        payment_id uuid not null references payment,
        tenant text not null,
        transaction text not null,
        account text not null,
        amount bigint not null check (amount <> 0),
        currency text not null,
        booked_at timestamptz not null,
        unique (tenant, transaction, account)
      );
      create function ledger_balances() returns trigger language plpgsql as $$
      begin
        if (select sum(amount) from ledger
            where tenant = new.tenant and transaction = new.transaction) <> 0 then
          raise exception 'transaction % does not balance', new.transaction;
        end if;
        return null;
      end $$;
      create constraint trigger ledger_balances after insert on ledger
        deferrable initially deferred for each row execute function ledger_balances();
      create function ledger_is_final() returns trigger language plpgsql as $$
      begin
        raise exception 'the ledger is only ever added to';
      end $$;
      create trigger ledger_is_final before update or delete or truncate on ledger
        for each statement execute function ledger_is_final();

      create table event (
        payment_id uuid not null references payment,
        sequence integer not null,
        body jsonb not null,
        attempts integer not null default 0,
        next_at timestamptz not null,
        delivered_at timestamptz,
        primary key (payment_id, sequence)
      );
      create index event_waiting on event (next_at) where delivered_at is null;
    `,
  },
  {
    name: '0002-refunds',
    sql: `
      create table refund (
        id uuid primary key,
        payment_id uuid not null references payment,
        tenant text not null,
        idempotency_key text not null,
        -- The gateway's number of the movement that is undone.
        of_transaction text not null,
        state text not null
          check (state in ('asked', 'unknown', 'pending', 'done', 'refused', 'review')),
        amount bigint not null check (amount > 0),
        next_check_at timestamptz,
        created_at timestamptz not null,
        body jsonb not null,
        unique (tenant, idempotency_key)
      );
      create index refund_due on refund (next_check_at) where next_check_at is not null;
      create index refund_payment on refund (payment_id);
      -- The last wall: never more goes back than came.
      create function refund_within() returns trigger language plpgsql as $$
      begin
        if (select sum(amount) from refund where payment_id = new.payment_id
              and of_transaction = new.of_transaction and state <> 'refused')
           > (select -sum(amount) from ledger where payment_id = new.payment_id
              and transaction like '%:' || new.of_transaction and amount < 0
              and account in ('owed-to-club', 'to-be-cleared')) then
          raise exception 'more would go back than came';
        end if;
        return null;
      end $$;
      create constraint trigger refund_within after insert or update on refund
        deferrable initially deferred for each row execute function refund_within();
    `,
  },
  {
    name: '0003-clubs',
    sql: `
      -- Keys of every gateway a tenant has used: what was begun there is ended there.
      create table tenant_keys (
        tenant text not null,
        gateway text not null check (gateway in ('paypal', 'paybox')),
        environment text not null check (environment in ('demonstration', 'test', 'production')),
        sealed_keys bytea not null,
        entered_at timestamptz not null,
        entered_by text not null,
        is_chosen boolean not null,
        primary key (tenant, gateway, environment)
      );
      create unique index tenant_keys_chosen on tenant_keys (tenant) where is_chosen;
      insert into tenant_keys
        select tenant, gateway, environment, sealed_keys, entered_at, '', true from tenant_gateway;
      drop table tenant_gateway;

      -- Whom of a club we write to.
      create table contact (
        tenant text primary key,
        address text not null,
        language text not null check (language in ('nl', 'en', 'fr'))
      );

      create table outage (
        tenant text not null,
        gateway text not null,
        trouble text not null,
        since timestamptz not null,
        told_at timestamptz,
        ended_at timestamptz,
        primary key (tenant, gateway)
      );

      create table statement (
        tenant text not null,
        gateway text not null,
        day date not null,
        compared_at timestamptz not null,
        body jsonb not null,
        primary key (tenant, gateway, day)
      );

      -- Ways into a club's office: of the secrets only digests are kept.
      create table pass (
        digest bytea primary key,
        kind text not null check (kind in ('link', 'session')),
        tenant text not null,
        until_at timestamptz not null
      );
      create index pass_end on pass (until_at);
      create index payment_tenant on payment (tenant, created_at desc);
    `,
  },
  {
    name: '0004-tokens',
    sql: `
      -- Ways to pay that were kept; what debits them is sealed, and goes when they are removed.
      create table token (
        -- That of the payment that kept it.
        id uuid primary key references payment,
        tenant text not null,
        customer text not null,
        gateway text not null check (gateway in ('paypal', 'paybox')),
        environment text not null check (environment in ('demonstration', 'test', 'production')),
        state text not null check (state in ('active', 'removing', 'removed')),
        sealed bytea check ((sealed is null) = (state = 'removed')),
        expires text not null,
        created_at timestamptz not null,
        removed_at timestamptz
      );
      create index token_customer on token (tenant, customer, created_at desc);
      create index token_removing on token (created_at) where state = 'removing';

      create table subscription (
        id uuid primary key,
        tenant text not null,
        token uuid not null references token,
        idempotency_key text not null,
        state text not null check (state in ('active', 'ended', 'stopped', 'cancelled')),
        next_at timestamptz check ((next_at is not null) = (state = 'active')),
        body jsonb not null,
        unique (tenant, idempotency_key)
      );
      create index subscription_due on subscription (next_at) where next_at is not null;
      create index subscription_token on subscription (token);
    `,
  },
]
