/**
 * What staff see of sensitive columns: nothing, or a masked value; kept by PostgreSQL, not by us.
 *
 * A grant to read has the right to every column that is not sensitive, and to none that is: no
 * expression, join, sort or condition can reach what it may not select. So that `select *` of psql
 * and of other programs goes on, each table with such columns has a view in `veilig_masked`, first
 * on the grant's search path, where they are masked. The view is of a role of its own that reads
 * the table under the same row security, and nobody can log in as it.
 *
 * The views must not stand in the way of the application's own migrations: an event trigger takes
 * them away before a table changes, and the next grant makes them anew (`veilig_policy.apply()`,
 * which the access process may call and not change). Until then new columns are in no grant.
 *
 * Source: PostgreSQL manual, "Rules and Privileges" (a view reads as its owner), "Event Triggers",
 * "Writing SECURITY DEFINER Functions Safely".
 *
 * @module
 */
import pg from 'pg'
import type { MaskingConfig } from '#services/access/config.ts'

/** Reads for the views. */
export const MASK_ROLE = 'veilig_mask'

/**
 * Makes the functions, keeps the policy, and applies it.
 *
 * @param client As superuser, in the database that is protected.
 * @param accessRole Who may apply it again.
 */
export async function installMasking(
  client: pg.Client,
  masking: MaskingConfig,
  accessRole: string,
): Promise<void> {
  await client.query('begin')
  await client.query(schema)
  await client.query('delete from veilig_policy.rule')
  for (const mask of ['hidden', 'partial'] as const)
    for (const pattern of masking[mask])
      await client.query('insert into veilig_policy.rule values ($1, $2)', [mask, pattern])
  await client.query('delete from veilig_policy.applied')
  await client.query(standAside)
  await client.query(apply)
  const access = pg.escapeIdentifier(accessRole)
  await client.query(`
    revoke all on function veilig_policy.apply(), veilig_policy.stand_aside() from public;
    grant usage on schema veilig_policy to ${access};
    grant execute on function veilig_policy.apply() to ${access};
    grant usage on schema veilig_masked to veilig_read`)
  await client.query(trigger)
  await client.query('select veilig_policy.apply()')
  await client.query('commit')
}

/** In a function with a variable `one`. */
const dropViews = `for one in select relname
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'veilig_masked' and c.relkind = 'v' loop
      execute format('drop view veilig_masked.%I cascade', one.relname);
    end loop`

const schema = `
  create schema if not exists veilig_policy;
  create schema if not exists veilig_masked;
  create table if not exists veilig_policy.rule (mask text not null, pattern text not null);
  create table if not exists veilig_policy.applied (fingerprint text not null);
  revoke all on schema veilig_policy, veilig_masked from public`

/** Before a table changes: nothing of ours depends on it. It must never stop what is being done. */
const standAside = `
  create or replace function veilig_policy.stand_aside() returns event_trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
  declare one record;
  begin
    -- Who owns no table here changes none: a program that drops its temporary ones does no harm.
    if not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema$|veilig_)'
          and pg_has_role(session_user, c.relowner, 'member')) then
      return;
    end if;
    ${dropViews};
    delete from veilig_policy.applied;
  exception when others then
    raise warning 'the masked views could not be taken away: %', sqlerrm;
  end $body$`

const trigger = `
  drop event trigger if exists veilig_stand_aside;
  create event trigger veilig_stand_aside on ddl_command_start
    when tag in ('ALTER TABLE', 'DROP TABLE', 'DROP SCHEMA', 'ALTER TYPE', 'DROP TYPE',
      'ALTER DOMAIN', 'DROP DOMAIN')
    execute function veilig_policy.stand_aside()`

/**
 * Rights by column, and the views. Does nothing when neither columns nor policy have changed, so it
 * waits for nobody who reads a view.
 */
const apply = `
  create or replace function veilig_policy.apply() returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
  declare
    now_is text;
    one record;
  begin
    create temp table if not exists veilig_column (relation oid, schema_name name, table_name name,
      place int, column_name name, type_name text, category text, mask text) on commit drop;
    delete from veilig_column;
    insert into veilig_column
      select c.oid as relation, n.nspname as schema_name, c.relname as table_name,
        a.attnum as place, a.attname as column_name,
        format_type(a.atttypid, a.atttypmod) as type_name, t.typcategory as category,
        case when bool_or(r.mask = 'hidden') then 'hidden'
             when bool_or(r.mask = 'partial') then 'partial' end as mask
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      join pg_type t on t.oid = a.atttypid
      left join veilig_policy.rule r
        on format('%s.%s.%s', n.nspname, c.relname, a.attname) ~* r.pattern
      where c.relkind in ('r', 'p') and c.relispartition is not true
        and n.nspname !~ '^(pg_|information_schema$|veilig_)'
      group by c.oid, n.nspname, c.relname, a.attnum, a.attname, a.atttypid, a.atttypmod,
        t.typcategory;
    select md5(coalesce(string_agg(concat_ws(' ', relation, place, column_name, type_name, mask),
      ',' order by relation, place), '')) into now_is from veilig_column;
    if exists (select from veilig_policy.applied where fingerprint = now_is) then
      return false;
    end if;
    ${dropViews};
    for one in select distinct schema_name from veilig_column loop
      execute format('grant usage on schema %I to veilig_read, ${MASK_ROLE}', one.schema_name);
    end loop;
    for one in
      select relation, schema_name, table_name, count(mask) > 0 as masked,
        string_agg(quote_ident(column_name), ', ') filter (where mask is null) as plain,
        string_agg(quote_ident(column_name), ', ')
          filter (where mask is distinct from 'hidden') as written,
        string_agg(format('%s as %I', case
          when mask is null then quote_ident(column_name)
          when mask = 'partial' and category = 'S'
            then format('left(%I::text, 1) || ''•••''', column_name)
          when mask = 'partial' and category = 'D'
            then format('date_trunc(''year'', %I)::%s', column_name, type_name)
          else format('null::%s', type_name) end, column_name), ', ' order by place) as shown,
        case when count(*) over (partition by table_name) > 1
          then schema_name || '_' || table_name else table_name end as view_name
      from veilig_column group by relation, schema_name, table_name
    loop
      execute format('revoke all on %I.%I from veilig_read, veilig_write, ${MASK_ROLE}',
        one.schema_name, one.table_name);
      if one.plain is not null then
        execute format('grant select %s on %I.%I to veilig_read',
          case when one.masked then '(' || one.plain || ')' else '' end,
          one.schema_name, one.table_name);
      end if;
      if one.written is not null then
        execute format('grant insert (%s), update (%s) on %I.%I to veilig_write',
          one.written, one.written, one.schema_name, one.table_name);
      end if;
      if one.masked then
        execute format('grant select on %I.%I to ${MASK_ROLE}', one.schema_name, one.table_name);
        execute format('create view veilig_masked.%1$I with (security_barrier) as select %2$s
          from %3$I.%4$I', one.view_name, one.shown, one.schema_name, one.table_name);
        execute format('alter view veilig_masked.%I owner to ${MASK_ROLE}', one.view_name);
        execute format('grant select on veilig_masked.%I to veilig_read', one.view_name);
      end if;
    end loop;
    delete from veilig_policy.applied;
    insert into veilig_policy.applied values (now_is);
    return true;
  end $body$`
