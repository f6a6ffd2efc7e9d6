/**
 * How much of one sender, club, visitor's network or receiving domain is let through, counted in
 * the control database: several gateways count together, and whoever makes one begin anew gains
 * nothing.
 *
 * Method: the generic cell rate algorithm, one moment for each name (ITU-T I.371, annex A).
 *
 * @module
 */
import type pg from 'pg'
import { HOUR_MS } from './limits.ts'
import { rateHash } from './token.ts'

/** So many within so long, at once or one by one. */
export type RateLimit = {
  readonly key: string
  readonly max: number
  readonly withinMs: number
}

export const ratesTable = `
  -- When what was let through will be forgotten. A name is a keyed hash.
  create table rate (
    key text primary key,
    empty_at timestamptz not null
  ) with (fillfactor = 50);

  -- The place of the first limit that is reached; null when there was room, and then it is taken.
  create function take_rates(keys text[], mosts int[], windows_ms int[], now_at timestamptz)
  returns int language plpgsql as $take$
  declare
    reached int;
  begin
    -- The last fifth of a second may be lost with the server; a mail need not wait for the disk.
    perform set_config('synchronous_commit', 'off', true);
    -- In one order, so that two who ask for the same wait and do not lock one another.
    insert into rate select key, now_at from unnest(keys) key order by key on conflict do nothing;
    perform from rate where key = any(keys) order by key for update;
    -- A clock that was set back finds no bucket more than full.
    update rate set empty_at = now_at + within
      from (select key, window_ms * interval '1 millisecond' as within
        from unnest(keys, windows_ms) given (key, window_ms)) one
      where rate.key = one.key and empty_at > now_at + within;
    -- A division leaves microseconds over.
    select min(nth) into reached
      from (select key, nth, window_ms * interval '1 millisecond' as within,
          window_ms * interval '1 millisecond' / most as share
        from unnest(keys, mosts, windows_ms) with ordinality given (key, most, window_ms, nth)
      ) one join rate using (key)
      where greatest(empty_at, now_at) + share > now_at + within + interval '1 millisecond';
    if reached is null then
      update rate set empty_at = greatest(empty_at, now_at) + share
        from (select key, window_ms * interval '1 millisecond' / most as share
          from unnest(keys, mosts, windows_ms) given (key, most, window_ms)) one
        where rate.key = one.key;
    end if;
    return reached;
  end
  $take$;
`

/** @returns The limit that is reached; undefined when there was room under all of them. */
export async function takeRates<L extends RateLimit>(
  client: Pick<pg.Pool, 'query'>,
  tokenKey: Uint8Array,
  limits: readonly L[],
  nowMs: number,
): Promise<L | undefined> {
  const { rows } = await client.query<{ reached: number | null }>({
    name: 'take-rates',
    text: 'select take_rates($1, $2, $3, $4) as reached',
    values: [
      limits.map(({ key }) => rateHash(tokenKey, key)),
      limits.map(({ max }) => max),
      limits.map(({ withinMs }) => withinMs),
      new Date(nowMs),
    ],
  })
  const reached = rows[0]?.reached
  return typeof reached === 'number' ? limits[reached - 1] : undefined
}

/** What is empty for longer than any window need not be kept. */
export async function forgetRates(client: Pick<pg.Pool, 'query'>, nowMs: number): Promise<void> {
  await client.query('delete from rate where empty_at < $1', [new Date(nowMs - HOUR_MS)])
}
