/**
 * Accepting a message as one call of the database: who may get it, the queue, the counters.
 *
 * A call for each question cost nine round trips a mail, all of them with the victim's lock held.
 *
 * @module
 */

export const acceptFunction = `
  create function accept_mail(
    new_id uuid, its_sender text, its_tenant text, its_list text, its_category text,
    its_domain text, its_content bytea, now_at timestamptz, per_hour int, per_day int,
    -- One entry for each person, the same length all five.
    victims text[], recipients text[], domains text[], delivery_ids uuid[], claims int[]
  ) returns table (
    place int, why text, subscription uuid, generation int
  ) language plpgsql as $accept$
  declare
    is_security boolean := its_category = 'security';
    found_one subscription%rowtype;
    reason text;
    last_hour int;
    last_day int;
    is_kept boolean := false;
  begin
    -- One at a time for each person, in one order: counting and adding cannot interleave.
    perform pg_advisory_xact_lock(hashtextextended(one, 0))
      from (select distinct one from unnest(victims) one order by one) ordered;
    for nth in 1 .. cardinality(victims) loop
      select * into found_one from subscription s
        where s.victim = victims[nth] and s.sender = its_sender
          and s.tenant = its_tenant and s.list = its_list;
      if not found then
        insert into subscription (sender, tenant, list, victim)
          values (its_sender, its_tenant, its_list, victims[nth])
          on conflict (victim, sender, tenant, list) do update set list = excluded.list
          returning * into found_one;
      end if;
      select s.reason into reason from suppression s where s.victim = victims[nth];
      select count(*) filter (where v.at > now_at - interval '1 hour'), count(*)
        into last_hour, last_day from victim_mail v
        where v.victim = victims[nth] and v.security = is_security
          and v.at > now_at - interval '1 day';
      place := nth;
      subscription := found_one.id;
      generation := found_one.generation;
      why := case
        when not is_security and (reason in ('dead', 'staff')
          or (reason = 'complaint' and its_category = 'list')) then 'MAIL_SUPPRESSED'
        when not is_security and found_one.stopped_at is not null then 'MAIL_UNSUBSCRIBED'
        when last_hour >= per_hour or last_day >= per_day then 'MAIL_VICTIM_LIMIT'
      end;
      if why is null then
        if not is_kept then
          insert into message
              (id, sender, tenant, list, category, from_domain, content, sealed, received_at)
            values (new_id, its_sender, its_tenant, its_list, its_category, its_domain,
              its_content, true, now_at);
          is_kept := true;
        end if;
        insert into victim_mail values (victims[nth], is_security, now_at);
        insert into delivery
            (id, message_id, subscription_id, recipient, domain, next_at, claimed_by, attempts)
          values (delivery_ids[nth], new_id, found_one.id, recipients[nth], domains[nth], now_at,
            claims[nth], case when claims[nth] is null then 0 else 1 end);
      end if;
      return next;
    end loop;
  end
  $accept$;

  -- Messages from before this step lie open until they are delivered.
  alter table message add column sealed boolean not null default false;

  -- Staff may end mail to an address as well, and say why.
  alter table suppression drop constraint suppression_reason_check;
  alter table suppression add constraint suppression_reason_check
    check (reason in ('dead', 'complaint', 'staff'));
  alter table suppression add column note text not null default '';
  -- What staff look through.
  create index message_age on message (received_at);
  create index subscription_left on subscription (victim) where stopped_at is not null;
`
