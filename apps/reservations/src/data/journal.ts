/**
 * What was done, and by whom: the journal of the officers.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import type { Club, Member } from '../model.ts'

export const UNDO_DAYS = 30
const ACTS_SHOWN = 100

/** Begins a deed: every row this transaction changes from here on belongs to it. */
export async function beginAct(
  tx: Transaction,
  club: Club,
  by: Member,
  kind: string,
  summary = '',
  undoes?: string,
): Promise<void> {
  await tx`WITH act AS (INSERT INTO acts (club_id, by_id, kind, summary, undoes)
      VALUES (${club.id}, ${by.id}, ${kind}, ${summary.slice(0, 200)}, ${undoes ?? null})
      RETURNING id)
    SELECT set_config('app.act', id::text, true) FROM act`
}

export type Act = {
  readonly id: string
  readonly atMs: number
  readonly by: string
  readonly kind: string
  readonly summary: string
  /** Rows it changed that are still remembered. */
  readonly rows: number
  readonly isUndone: boolean
}

/** The journal: what officers did, newest first. */
export async function actsOf(tx: Transaction, clubId: string): Promise<Act[]> {
  const rows = await tx<(Omit<Act, 'atMs'> & { readonly at: Date })[]>`
    SELECT a.id, a.at, a.kind, a.summary,
      coalesce(m.first_name || ' ' || m.last_name, '') AS by,
      (SELECT count(*)::int FROM changes c WHERE c.club_id = a.club_id AND c.act_id = a.id
        AND c.at > clock_timestamp() - make_interval(days => ${UNDO_DAYS})) AS rows,
      EXISTS (SELECT FROM acts u WHERE u.club_id = a.club_id AND u.undoes = a.id) AS "isUndone"
    FROM acts a LEFT JOIN members m ON m.club_id = a.club_id AND m.id = a.by_id
    WHERE a.club_id = ${clubId} ORDER BY a.at DESC LIMIT ${ACTS_SHOWN}`
  return rows.map(({ at, ...same }) => ({ ...same, atMs: at.getTime() }))
}
