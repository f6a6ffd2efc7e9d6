/**
 * Every way from a database login to more that is looked for, with a statement that takes it.
 *
 * @module
 */
import type { EscalationRow, Gravity, Match } from './escalation-matches.ts'
import { dataEscalations } from './escalations-data.ts'
import { roleEscalations } from './escalations-roles.ts'
import { serverEscalations } from './escalations-server.ts'

export type Escalation = {
  readonly id: string
  readonly gravity: Gravity
  /** What happened, as the beginning of a sentence. */
  readonly title: string
  readonly matches: readonly Match[]
  /** A statement that takes this way: the test replays it, bare and hidden. */
  readonly attack: string
}

const rows: readonly EscalationRow[] = [
  ...serverEscalations,
  ...roleEscalations,
  ...dataEscalations,
]

/** All of them; ids are stable. */
export const escalations: readonly Escalation[] = rows.map(
  ([id, gravity, title, attack, ...matches]) => ({ id, gravity, title, attack, matches }),
)
