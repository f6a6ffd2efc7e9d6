/**
 * History and incidents in the control database; it may be away, and come back.
 *
 * @module
 */
import type pg from 'pg'
import type { Stretch } from '#lib/availability/days.ts'
import type { Spent } from '#lib/availability/time.ts'
import { migrate } from '#system/postgres/migrate.ts'
import {
  plannedText,
  type Incident,
  type Maintenance,
  type Text,
  type UpdateKind,
} from './incidents/incident.ts'
import { migrations } from './schema.ts'
import type { Minute } from './session.ts'

const DAY_MS = 86_400_000
const MINUTES_KEPT_MS = 2 * DAY_MS
const HOURS_KEPT_MS = 400 * DAY_MS
const INCIDENTS_SHOWN = 30

/** Mean answering time in one stretch, in milliseconds. */
export type Took = { readonly startMs: number; readonly meanMs: number | undefined }

/** All that the page shows of the past. */
export type History = {
  readonly components: ReadonlyMap<
    string,
    {
      readonly sinceMs: number
      readonly stretches: readonly Stretch[]
      /** Of the last day, oldest first, half an hour each. */
      readonly took: readonly Took[]
    }
  >
  readonly incidents: readonly Incident[]
  readonly maintenance: readonly Maintenance[]
}

type Sums = {
  component: string
  start: Date
  up: number
  down: number
}

export class StatusStore {
  readonly #pool: pg.Pool
  #ready = false

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Makes the schema, and begins to watch what is new. @throws When the database is away. */
  async open(components: readonly string[], nowMs: number): Promise<void> {
    if (this.#ready) return
    const client = await this.#pool.connect()
    try {
      await migrate(client, migrations)
      await client.query(
        `insert into component (id, since) select unnest($1::text[]), $2
           on conflict do nothing`,
        [components, new Date(nowMs)],
      )
      this.#ready = true
    } finally {
      client.release()
    }
  }

  /** Adds minutes, in one statement: all or none. */
  async addMinutes(minutes: readonly Minute[]): Promise<void> {
    if (minutes.length === 0) return
    await this.#pool.query(
      `insert into minute
         select * from unnest($1::text[], $2::timestamptz[], $3::int[], $4::int[], $5::int[],
           $6::int[], $7::float8[], $8::float8[])
         on conflict (component, start) do update set
           up_ms = least(60000, minute.up_ms + excluded.up_ms),
           down_ms = least(60000 - least(60000, minute.up_ms + excluded.up_ms),
             minute.down_ms + excluded.down_ms),
           checks = minute.checks + excluded.checks,
           failed = minute.failed + excluded.failed,
           took_sum_ms = minute.took_sum_ms + excluded.took_sum_ms,
           took_max_ms = greatest(minute.took_max_ms, excluded.took_max_ms)`,
      [
        minutes.map(({ component }) => component),
        minutes.map(({ startMs }) => new Date(startMs)),
        minutes.map(({ upMs }) => Math.round(upMs)),
        minutes.map(({ downMs }) => Math.round(downMs)),
        minutes.map(({ checks }) => checks),
        minutes.map(({ failed }) => failed),
        minutes.map(({ tookSumMs }) => tookSumMs),
        minutes.map(({ tookMaxMs }) => tookMaxMs),
      ],
    )
  }

  /** Turns old minutes into hours, and lets go of hours older than four hundred days. */
  async compact(nowMs: number): Promise<void> {
    const wholeHour = Math.floor((nowMs - MINUTES_KEPT_MS) / 3_600_000) * 3_600_000
    await this.#pool.query(
      `with old as (delete from minute where start < $1 returning *)
       insert into hour
         select component, date_trunc('hour', start, 'UTC'), sum(up_ms), sum(down_ms), sum(checks),
           sum(failed), sum(took_sum_ms), max(took_max_ms)
         from old group by 1, 2
         on conflict (component, start) do nothing`,
      [new Date(wholeHour)],
    )
    await this.#pool.query('delete from hour where start < $1', [new Date(nowMs - HOURS_KEPT_MS)])
  }

  async history(nowMs: number, days: number): Promise<History> {
    const from = new Date(Math.floor(nowMs / DAY_MS) * DAY_MS - (days - 1) * DAY_MS)
    const [known, spent, took, incidents, maintenance] = await Promise.all([
      this.#pool.query<{ id: string; since: Date }>('select id, since from component'),
      this.#pool.query<Sums>(
        `select component, date_trunc('day', start, 'UTC') as start,
           sum(up_ms)::float8 as up, sum(down_ms)::float8 as down
         from (select component, start, up_ms, down_ms from minute where start >= $1
           union all select component, start, up_ms, down_ms from hour where start >= $1)
         group by 1, 2 order by 2`,
        [from],
      ),
      this.#pool.query<{ component: string; start: Date; mean: number | null }>(
        `select component, date_bin('30 minutes', start, 'epoch') as start,
           sum(took_sum_ms) / nullif(sum(checks - failed), 0) as mean
         from minute where start >= $1 group by 1, 2 order by 2`,
        [new Date(nowMs - DAY_MS)],
      ),
      this.incidents(INCIDENTS_SHOWN),
      this.#maintenance(nowMs),
    ])
    const components = new Map(
      known.rows.map(({ id, since }) => [
        id,
        {
          sinceMs: since.getTime(),
          stretches: spent.rows.filter(({ component }) => component === id).map(stretchOf),
          took: took.rows
            .filter(({ component }) => component === id)
            .map(({ start, mean }) => ({ startMs: start.getTime(), meanMs: mean ?? undefined })),
        },
      ]),
    )
    return { components, incidents, maintenance }
  }

  /** Time in each state within windows that end now, by 'COMPONENT WINDOW' in milliseconds. */
  async spentWithin(
    windowsMs: readonly number[],
    nowMs: number,
  ): Promise<ReadonlyMap<string, Spent>> {
    const { rows } = await this.#pool.query<{ key: string; up: number; down: number }>(
      `select s.component || ' ' || w.ms as key, sum(up_ms)::float8 as up,
         sum(down_ms)::float8 as down
       from unnest($1::bigint[]) as w(ms) join (
         select component, start, up_ms, down_ms from minute
         union all select component, start, up_ms, down_ms from hour) s
         on s.start >= $2::timestamptz - w.ms * interval '1 millisecond'
       group by s.component, w.ms`,
      [windowsMs, new Date(nowMs)],
    )
    return new Map(
      rows.map(({ key, up, down }) => [key, { upMs: up, downMs: down, unknownMs: 0 }] as const),
    )
  }

  /** Newest first; those that are open before the others. */
  async incidents(limit: number): Promise<Incident[]> {
    const { rows } = await this.#pool.query<IncidentRow>(
      `select i.*, coalesce(json_agg(json_build_object('at', extract(epoch from u.at) * 1000,
           'kind', u.kind, 'text', u.text) order by u.at desc) filter (where u.at is not null),
           '[]') as updates
         from incident i left join incident_update u on u.incident_id = i.id
         group by i.id order by i.resolved_at is null desc, i.opened_at desc limit $1`,
      [limit],
    )
    return rows.map(incidentOf)
  }

  /** @returns Its number. */
  async openIncident(
    origin: Incident['origin'],
    components: readonly string[],
    title: Text,
    text: Text,
    atMs: number,
  ): Promise<number> {
    const { rows } = await this.#pool.query<{ id: string }>(
      `with made as (insert into incident (origin, components, title, opened_at)
         values ($1, $2, $3, $4) returning id, title),
       told as (insert into notice (at, incident_id, kind, title, text)
         select $4, id, 'investigating', title, $5 from made)
       insert into incident_update select id, $4, 'investigating', $5 from made
       returning incident_id as id`,
      [origin, components, title, new Date(atMs), text],
    )
    return Number(rows[0]?.id)
  }

  /** @returns False when there is no open incident of that number. */
  async updateIncident(id: number, kind: UpdateKind, text: Text, atMs: number): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `with found as (update incident
           set resolved_at = case when $2 = 'resolved' then greatest(opened_at, $3) end
         where id = $1 and resolved_at is null returning id, title),
       told as (insert into notice (at, incident_id, kind, title, text)
         select $3, id, $2, title, $4 from found)
       insert into incident_update select id, $3, $2, $4 from found`,
      [id, kind, new Date(atMs), text],
    )
    return rowCount === 1
  }

  /** The open automatic incident of a component. */
  async automaticOf(component: string): Promise<number | undefined> {
    const { rows } = await this.#pool.query<{ id: string }>(
      `select id from incident where origin = 'automatic' and resolved_at is null
         and components = array[$1]`,
      [component],
    )
    return rows[0] ? Number(rows[0].id) : undefined
  }

  async plan(title: Text, fromMs: number, untilMs: number, nowMs: number): Promise<number> {
    const { rows } = await this.#pool.query<{ id: string }>(
      `with made as (insert into maintenance (title, starts_at, ends_at) values ($1, $2, $3)
         returning id, title),
       told as (insert into notice (at, kind, title, text)
         select $4, 'planned', title, $5 from made)
       select id from made`,
      [title, new Date(fromMs), new Date(untilMs), new Date(nowMs), plannedText(fromMs, untilMs)],
    )
    return Number(rows[0]?.id)
  }

  async #maintenance(nowMs: number): Promise<Maintenance[]> {
    const { rows } = await this.#pool.query<{
      id: string
      title: Text
      starts_at: Date
      ends_at: Date
    }>('select * from maintenance where ends_at > $1 order by starts_at limit 10', [
      new Date(nowMs),
    ])
    return rows.map(({ id, title, starts_at: starts, ends_at: ends }) => ({
      id: Number(id),
      title,
      fromMs: starts.getTime(),
      untilMs: ends.getTime(),
    }))
  }
}

function stretchOf({ start, up, down }: Sums): Stretch {
  return { startMs: start.getTime(), upMs: up, downMs: down, unknownMs: 0 }
}

type IncidentRow = {
  id: string
  origin: Incident['origin']
  components: string[]
  title: Text
  opened_at: Date
  resolved_at: Date | null
  updates: { at: number; kind: UpdateKind; text: Text }[]
}

function incidentOf(row: IncidentRow): Incident {
  return {
    id: Number(row.id),
    origin: row.origin,
    components: row.components,
    title: row.title,
    openedMs: row.opened_at.getTime(),
    ...(row.resolved_at ? { resolvedMs: row.resolved_at.getTime() } : {}),
    updates: row.updates.map(({ at, kind, text }) => ({ atMs: Math.round(at), kind, text })),
  }
}
