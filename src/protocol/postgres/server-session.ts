/**
 * A session of a client as the server tells of it: in pg_stat_activity, and in its log.
 *
 * @module
 */
export type ServerSession = {
  readonly pid: number
  /** When the server began it: milliseconds since the Unix epoch; in the log to the second. */
  readonly startMs: number
  readonly role: string
  readonly database: string
  /** '' for a session over a socket of the machine. */
  readonly address: string
  readonly application: string
}
