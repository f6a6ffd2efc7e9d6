/**
 * Lays a day out: for each court and row, what the cell is. Pure; the pages only draw it.
 *
 * @module
 */
import type { Booking, Club, Court } from '../model.ts'
import { dayRows, type Row } from '../time.ts'

/** `short`: free, but not for as long as this court is booked at least. */
export type CellState = 'free' | 'past' | 'later' | 'short'

export type Cell =
  /** Nothing stands here: `state` says whether this visitor may book it. */
  | { readonly type: 'open'; readonly state: CellState }
  | { readonly type: 'block'; readonly booking: Booking; readonly rows: number }
  /** Covered by a block that began above. */
  | { readonly type: 'covered' }

export type Line = { readonly row: Row; readonly cells: readonly Cell[] }

export type Grid = {
  readonly lines: readonly Line[]
  /** Rows before this were left out because they are over. */
  readonly hidden: number
  /** Which row is now, and how many tenths of it are over; undefined on another day. */
  readonly now: { readonly row: number; readonly tenths: number } | undefined
}

export type GridView = {
  readonly club: Club
  readonly date: string
  readonly courts: readonly Court[]
  readonly bookings: readonly Booking[]
  readonly nowMs: number
  /** Starts from here on are not open to this visitor yet. */
  readonly opensUntilMs: number
  readonly showPast: boolean
}

/** Hours before now that stay in sight. */
const ROWS_BEFORE_NOW = 1

export function layOut(view: GridView): Grid {
  const all = dayRows(view.club.zone, view.date, view.club.opensMinute, view.club.closesMinute)
  const current = all.findIndex((row) => view.nowMs < row.endMs)
  const over = current === -1 ? all.length : current
  const isToday = over > 0 && over < all.length
  const hidden = isToday && !view.showPast ? Math.max(0, over - ROWS_BEFORE_NOW) : 0
  const rows = all.slice(hidden)
  const columns = view.courts.map((court) => column(court, rows, view))
  const lines = rows.map((row, at) => ({
    row,
    cells: columns.map((cells) => cells[at] ?? covered),
  }))
  const row = over - hidden
  const first = all[over]
  const begun = first !== undefined && first.startMs <= view.nowMs
  const tenths = begun
    ? Math.floor(((view.nowMs - first.startMs) * 10) / (first.endMs - first.startMs))
    : 0
  return { lines, hidden, now: begun ? { row, tenths } : undefined }
}

const covered: Cell = { type: 'covered' }

function column(court: Court, rows: readonly Row[], view: GridView): Cell[] {
  const here = view.bookings.filter(({ courtId }) => courtId === court.id)
  const closesMs = rows.at(-1)?.endMs ?? 0
  const cells: Cell[] = []
  while (cells.length < rows.length) {
    const at = cells.length
    const row = rows[at]
    if (!row) break
    const booking = here.find((one) => one.startMs < row.endMs && row.startMs < one.endMs)
    if (booking) {
      const after = rows.findIndex((one, index) => index > at && one.startMs >= booking.endMs)
      const span = (after === -1 ? rows.length : after) - at
      cells.push({ type: 'block', booking, rows: span })
      for (let n = 1; n < span; n++) cells.push(covered)
    } else {
      cells.push({ type: 'open', state: stateOf(court, row, closesMs, view) })
    }
  }
  return cells
}

function stateOf(court: Court, row: Row, closesMs: number, view: GridView): CellState {
  if (row.endMs <= view.nowMs) return 'past'
  if (row.startMs >= view.opensUntilMs) return 'later'
  const free = freeMinutes(court, view.bookings, row.startMs, closesMs)
  return free >= court.lengthMin ? 'free' : 'short'
}

/** Minutes a court stays free from an instant on, up to what may be booked there at once. */
export function freeMinutes(
  court: Court,
  bookings: readonly Booking[],
  startMs: number,
  closesMs: number,
): number {
  const here = bookings.filter(({ courtId }) => courtId === court.id)
  if (here.some((one) => one.startMs <= startMs && startMs < one.endMs)) return 0
  const next = Math.min(
    closesMs,
    ...here.filter((one) => one.startMs > startMs).map((one) => one.startMs),
  )
  return Math.min(court.lengthMax, Math.max(0, Math.floor((next - startMs) / 60_000)))
}
