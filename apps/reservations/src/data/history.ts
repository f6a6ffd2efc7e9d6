/**
 * Putting back what was done: one deed, or the whole club as it was at a moment.
 *
 * The rows of the history are written by the database (migrations/0005). Putting back is a deed
 * like another: it is remembered, and can be undone.
 *
 * What a member alone decides is never put back: consent, language, password. Nor is what was paid.
 *
 * @module
 */
import { codeOf, type Transaction } from '../database.ts'
import { lockCourts, lockMembers } from '../locks.ts'
import type { Club } from '../model.ts'
import { notify } from './notices.ts'

/** More rows than a club changes in a month by hand; an import of thousands still fits. */
const CHANGES_MAX = 100_000

export type Row = Readonly<Record<string, unknown>>

/** One row that would be put back: as it is, and as it would be. Null: not there. */
export type Step = {
  readonly table: Table
  readonly key: string
  readonly now: Row | null
  readonly target: Row | null
  /** Somebody changed it again since; putting it back would undo that too. */
  readonly isStale: boolean
}

/** In the order in which rows refer to each other. */
export type Table =
  | 'clubs'
  | 'courts'
  | 'subscriptions'
  | 'quotas'
  | 'holidays'
  | 'members'
  | 'series'
  | 'bookings'
  | 'partners'

/** What is put back of each table; `gone` says what becomes of a row that was not there then. */
type Rule = { readonly columns: readonly string[]; readonly gone: 'delete' | 'keep' | Row }

const rules: Readonly<Record<Table, Rule>> = {
  clubs: {
    columns: [
      'name',
      'town',
      'language',
      'colour',
      'logo_id',
      'opens_minute',
      'closes_minute',
      'release_minute',
      'cancel_hours',
      'checkin_minutes',
      'door_minutes',
      'suspend_misses',
      'suspend_days',
      'guest_tickets',
      'ticket_cents',
      'season_month',
    ],
    gone: 'keep',
  },
  courts: {
    columns: [
      'position',
      'name',
      'sport',
      'surface',
      'indoor',
      'length_min',
      'length_max',
      'length_usual',
      'price_cents_hour',
      'retired',
    ],
    gone: { retired: true },
  },
  subscriptions: { columns: ['name', 'days_ahead', 'partners_min', 'guests_season'], gone: 'keep' },
  quotas: {
    columns: [
      'name',
      'sport',
      'indoor',
      'weekdays',
      'from_minute',
      'to_minute',
      'period',
      'per',
      'bookings_max',
    ],
    gone: 'delete',
  },
  holidays: { columns: [], gone: 'delete' },
  members: {
    columns: [
      'subscription_id',
      'email',
      'first_name',
      'last_name',
      'birth_year',
      'active',
      'guardian_id',
    ],
    gone: { active: false },
  },
  series: { columns: ['ended_at'], gone: 'keep' },
  bookings: {
    columns: [
      'court_id',
      'during',
      'status',
      'cancelled_at',
      'override_reason',
      'title',
      'guests',
      'tickets',
    ],
    gone: { status: 'cancelled' },
  },
  partners: { columns: [], gone: 'delete' },
}

const tables = Object.keys(rules) as readonly Table[]

type ChangeRow = {
  readonly table: Table
  readonly key: string
  readonly before: Row | null
  readonly after: Row | null
  readonly actId: string | null
}

/** What undoing a deed would change. */
export async function stepsOfAct(tx: Transaction, clubId: string, id: string): Promise<Step[]> {
  const all = await tx<ChangeRow[]>`
    SELECT row_table AS "table", row_key AS key, before, after, act_id AS "actId" FROM changes
    WHERE club_id = ${clubId} AND (row_table, row_key) IN (SELECT row_table, row_key FROM changes
        WHERE club_id = ${clubId} AND act_id = ${id})
      AND id >= (SELECT min(id) FROM changes WHERE club_id = ${clubId} AND act_id = ${id})
    ORDER BY id LIMIT ${CHANGES_MAX}`
  return steps(all, (row) => row.actId === id)
}

/** What putting the whole club back to a moment would change. */
export async function stepsToMoment(
  tx: Transaction,
  clubId: string,
  moment: Date,
): Promise<Step[]> {
  const all = await tx<ChangeRow[]>`
    SELECT row_table AS "table", row_key AS key, before, after, act_id AS "actId" FROM changes
    WHERE club_id = ${clubId} AND at >= ${moment} ORDER BY id LIMIT ${CHANGES_MAX}`
  return steps(all, () => true)
}

function steps(all: readonly ChangeRow[], belongs: (row: ChangeRow) => boolean): Step[] {
  const byRow = new Map<string, ChangeRow[]>()
  for (const row of all) {
    const name = `${row.table} ${row.key}`
    const list = byRow.get(name)
    if (list) list.push(row)
    else byRow.set(name, [row])
  }
  return [...byRow.values()].flatMap((list): Step[] => {
    const first = list.find(belongs)
    const last = list.at(-1)
    if (!first || !last) return []
    const { table, key } = first
    const step = { table, key, now: last.after, target: first.before, isStale: !belongs(last) }
    return changed(step).length > 0 ? [step] : []
  })
}

/** The columns that would be put back, or `+` and `-` where the whole row comes or goes. */
export function changed({ table, now, target }: Pick<Step, 'table' | 'now' | 'target'>): string[] {
  const { columns, gone } = rules[table]
  if (now === null && target === null) return []
  if (now === null) return gone === 'delete' ? ['+'] : []
  if (target === null) {
    if (gone === 'keep') return []
    if (gone === 'delete') return ['-']
    return Object.entries(gone).some(([name, value]) => now[name] !== value) ? ['-'] : []
  }
  return columns.filter((name) => JSON.stringify(now[name]) !== JSON.stringify(target[name]))
}

export type PutBack = { readonly done: number; readonly left: readonly Step[] }

/**
 * Puts rows back. One that cannot be (its court was taken since) is left, and named; all others
 * are done in the same transaction.
 */
export async function putBack(
  tx: Transaction,
  club: Club,
  plan: readonly Step[],
  nowMs: number,
): Promise<PutBack> {
  const bookings = plan.filter(({ table }) => table === 'bookings')
  const rows = bookings.flatMap(({ now, target }) => [now, target])
  await lockMembers(tx, club.id, idsIn(rows, 'owner_id'))
  await lockCourts(tx, club.id, idsIn(rows, 'court_id'))
  const left: Step[] = []
  for (const step of inOrder(plan)) {
    try {
      await tx.savepoint((inner) => putBackRow(inner, club, step, nowMs))
      await tell(tx, club, step)
    } catch (error) {
      // An integrity rule of the database holds: somebody else is there now.
      if (!codeOf(error).startsWith('23')) throw error
      left.push(step)
    }
  }
  await tx`UPDATE clubs SET rules_version = rules_version + 1, look_version = look_version + 1
    WHERE id = ${club.id}`
  return { done: plan.length - left.length, left }
}

/** Courts are freed before they are taken; what others refer to is there before them. */
function inOrder(plan: readonly Step[]): Step[] {
  const takes = ({ target }: Step): number => (target?.['status'] === 'confirmed' ? 1 : 0)
  return plan.toSorted(
    (a, b) => tables.indexOf(a.table) - tables.indexOf(b.table) || takes(a) - takes(b),
  )
}

async function putBackRow(
  tx: Transaction,
  club: Club,
  { table, key, now, target }: Step,
  nowMs: number,
): Promise<void> {
  const { columns, gone } = rules[table]
  const own = table === 'clubs' ? tx`id = ${club.id}` : tx`club_id = ${club.id}`
  const [first = '', second = ''] = key.split(' ')
  const same =
    table === 'partners' ? tx`booking_id = ${first} AND member_id = ${second}` : tx`id = ${first}`
  if (now === null) {
    await tx`INSERT INTO ${tx(table)} SELECT * FROM jsonb_populate_record(
      NULL::${tx(table)}, ${tx.json(target as never)})`
  } else if (target !== null) {
    const names = tx.unsafe(columns.join(', '))
    await tx`UPDATE ${tx(table)} SET (${names}) = (SELECT ${names}
        FROM jsonb_populate_record(NULL::${tx(table)}, ${tx.json(target as never)}))
      WHERE ${own} AND ${same}`
  } else if (gone === 'delete') {
    await tx`DELETE FROM ${tx(table)} WHERE ${own} AND ${same}`
  } else if (table === 'bookings') {
    await tx`UPDATE bookings SET status = 'cancelled', cancelled_at = ${new Date(nowMs)}
      WHERE ${own} AND ${same} AND status <> 'cancelled'`
  } else if (gone !== 'keep') {
    await tx`UPDATE ${tx(table)} SET ${tx(gone as never)} WHERE ${own} AND ${same}`
  }
}

/** Those who play are told that a game stands again, or no longer does. */
async function tell(tx: Transaction, club: Club, { table, key, now, target }: Step): Promise<void> {
  const owner = now?.['owner_id']
  if (table !== 'bookings' || typeof owner !== 'string') return
  const stands = target?.['status'] === 'confirmed'
  if (now?.['status'] === target?.['status']) return
  const rows = await tx<{ id: string }[]>`SELECT member_id AS id FROM partners
    WHERE club_id = ${club.id} AND booking_id = ${key}`
  const told = [owner, ...rows.map(({ id }) => id)]
  await notify(tx, club, key, stands ? 'restored' : 'cancelled', told)
}

function idsIn(rows: readonly (Row | null)[], name: string): string[] {
  return rows.map((row) => row?.[name]).filter((id) => typeof id === 'string')
}
