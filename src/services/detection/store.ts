/**
 * Incidents in the control database.
 *
 * @module
 */
import type pg from 'pg'
import { migrate, type Migration } from '#system/postgres/migrate.ts'
import { alertOf } from './alert.ts'
import { SANCTIONS_MAX, type Sanction } from '#lib/sanctions.ts'
import type { AlertStore, Undone } from './ports.ts'

/** The list only grows. */
const migrations: readonly Migration[] = [
  {
    name: '0001-incidents',
    sql: `
      create table incident (
        id uuid primary key,
        detector text not null,
        severity text not null,
        role text not null,
        address text not null,
        database text not null,
        sentence text not null,
        advice text not null,
        drill boolean not null,
        first_at timestamptz not null,
        last_at timestamptz not null,
        alerts int not null
      );
      create index incident_time on incident (last_at);
      create table delivery (
        incident_id uuid not null,
        channel text not null,
        latency_ms double precision not null,
        attempts int not null,
        at timestamptz not null default now()
      );
      create index delivery_incident on delivery (incident_id);
      create table reading (book text primary key, sequence bigint not null);
    `,
  },
  {
    name: '0002-acknowledged',
    sql: `
      alter table incident add acknowledged_at timestamptz, add acknowledged_by text,
        add escalated_at timestamptz;
    `,
  },
  {
    name: '0003-sanctions',
    sql: `
      create table sanction (
        incident_id uuid not null,
        kind text not null,
        value text not null,
        until timestamptz not null,
        undone_at timestamptz,
        undone_by text,
        undone_told boolean not null default false,
        primary key (incident_id, kind, value)
      );
      create index sanction_until on sanction (until);
    `,
  },
  {
    name: '0004-sanction-time',
    sql: `alter table sanction add at timestamptz not null default now();`,
  },
]

const SANCTION = `incident_id as incident, kind, value,
  extract(epoch from until)::float8 * 1000 as "untilMs"`

type OverdueRow = {
  readonly id: string
  readonly detector: string
  readonly role: string
  readonly address: string
  readonly database: string
  readonly alerts: number
  readonly first_at: Date
}

/** An incident as it is listed. */
export type ListedIncident = {
  readonly id: string
  readonly detector: string
  readonly severity: string
  readonly role: string
  readonly address: string
  readonly sentence: string
  readonly advice: string
  readonly drill: boolean
  readonly first_at: Date
  readonly last_at: Date
  readonly alerts: number
  readonly acknowledged_by: string | null
  /** What was done by itself about it and holds now: kind and value. */
  readonly held: readonly string[]
}

/** Brings the schema up to date. @throws {FaultError} MIGRATION_…. */
export async function openStore(pool: pg.Pool): Promise<AlertStore> {
  const client = await pool.connect()
  try {
    await migrate(client, migrations)
  } finally {
    client.release()
  }
  return {
    cursor: async (book) => {
      const sql = 'select sequence from reading where book = $1'
      const { rows } = await pool.query<{ sequence: string }>(sql, [book])
      return rows[0] ? Number(rows[0].sequence) : undefined
    },
    advance: async (book, sequence) => {
      const sql = `insert into reading values ($1, $2)
        on conflict (book) do update set sequence = excluded.sequence`
      await pool.query(sql, [book, sequence])
    },
    keep: async (alert) => {
      const sql = `insert into incident (id, detector, severity, role, address, database, sentence,
          advice, drill, first_at, last_at, alerts)
        values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$10,$11)
        on conflict (id) do update
          set last_at = greatest(incident.last_at, excluded.last_at),
              alerts = greatest(incident.alerts, excluded.alerts)`
      const { id, detector, severity, role, address, database, sentence, advice } = alert
      const when = new Date(alert.atMs)
      const isDrill = alert.drill !== undefined
      const texts = [id, detector, severity, role, address, database, sentence, advice]
      await pool.query(sql, [...texts, isDrill, when, alert.count])
      if (isDrill) await forgetOldDrills(pool)
    },
    overdue: async (beforeMs) => {
      const sql = `update incident set escalated_at = now()
        where escalated_at is null and acknowledged_at is null and not drill
          and severity in ('high', 'critical') and first_at < $1
        returning id, detector, role, address, database, alerts, first_at`
      const { rows } = await pool.query<OverdueRow>(sql, [new Date(beforeMs)])
      return rows.map(({ id, alerts, first_at, ...who }) => {
        const finding = { ...who, session: '', evidence: '', atMs: first_at.getTime() }
        return alertOf(finding, id, alerts)
      })
    },
    sanction: async ({ incident, kind, value, untilMs }) => {
      const sql = `insert into sanction (incident_id, kind, value, until) values ($1, $2, $3, $4)
        on conflict (incident_id, kind, value) do update
          set until = greatest(sanction.until, excluded.until)`
      await pool.query(sql, [incident, kind, value, new Date(untilMs)])
    },
    sanctions: async (nowMs) => {
      const sql = `select ${SANCTION} from sanction
        where undone_at is null and until > $1 order by until desc limit ${SANCTIONS_MAX}`
      return (await pool.query<Sanction>(sql, [new Date(nowMs)])).rows
    },
    undone: async () => {
      const sql = `update sanction set undone_told = true
        where undone_at is not null and not undone_told returning ${SANCTION}, undone_by as by`
      return (await pool.query<Undone>(sql)).rows
    },
    delivered: async ({ id }, channel, latencyMs, attempts) => {
      const sql = 'insert into delivery values ($1, $2, $3, $4)'
      await pool.query(sql, [id, channel, latencyMs, attempts])
    },
  }
}

/** Drills prove nothing after a day, and there are thousands. */
async function forgetOldDrills(pool: pg.Pool): Promise<void> {
  await pool.query(
    `with gone as (
       delete from incident where drill and last_at < now() - interval '1 day' returning id)
     delete from delivery where incident_id in (select id from gone)`,
  )
}

/**
 * Somebody looks after an incident: it is not told again. `all` of them with the id 'all'.
 *
 * @returns How many were not acknowledged before.
 */
export async function acknowledge(
  client: pg.ClientBase,
  { id, by }: { readonly id: string; readonly by: string },
): Promise<number> {
  const sql = `update incident set acknowledged_at = now(), acknowledged_by = $2
    where acknowledged_at is null and ($1 = 'all' or id::text = $1)`
  const { rowCount } = await client.query(sql, [id, by])
  return rowCount ?? 0
}

/**
 * Takes back what was done by itself about an incident; of 'all' with the id 'all'. The gateways
 * obey within two seconds, while detection runs.
 *
 * @returns What was taken back.
 */
export async function undo(
  client: pg.ClientBase,
  { id, by }: { readonly id: string; readonly by: string },
): Promise<readonly Sanction[]> {
  const sql = `update sanction set undone_at = now(), undone_by = $2
    where undone_at is null and until > now() and ($1 = 'all' or incident_id::text = $1)
    returning ${SANCTION}`
  return (await client.query<Sanction>(sql, [id, by])).rows
}

/** The newest incidents first; drills only when wanted. */
export async function listIncidents(
  client: pg.ClientBase | pg.Pool,
  { drills, limit }: { readonly drills: boolean; readonly limit: number },
): Promise<readonly ListedIncident[]> {
  const sql = `select id, detector, severity, role, address, sentence, advice, drill,
      first_at, last_at, alerts, acknowledged_by,
      array(select kind || ' ' || value from sanction where incident_id = incident.id
        and undone_at is null and until > now() order by kind, value) as held
    from incident where $1 or not drill order by last_at desc limit $2`
  const { rows } = await client.query<ListedIncident>(sql, [drills, limit])
  return rows
}
