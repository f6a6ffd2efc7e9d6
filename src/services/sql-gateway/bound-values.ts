/**
 * The values a session binds, kept until the execution they belong to is recorded, then sealed for
 * the classes of persons the statement is about. Without a class for a statement nothing is kept.
 *
 * @module
 */
import { ParameterSealer } from '#audit/parameters.ts'
import type { AuditEvent } from '#audit/trail.ts'
import { bindValues } from '#protocol/postgres/bind-values.ts'
import type { Run } from '#protocol/postgres/statement-run.ts'
import type { SubjectClass } from './config.ts'
import type { SqlText } from './sql-text.ts'

/** Values of one statement, and of all portals of a session, bytes. */
const VALUES_MAX = 64 * 1024
const WAITING_MAX = 4 * 1024 * 1024
const PORTALS_MAX = 5_000

const WORD = /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/g

/** What is common to all sessions of a gateway. */
export type Subjects = {
  readonly classes: Readonly<Record<string, SubjectClass>>
  readonly sealer: ParameterSealer
}

/** @param nowMs Monotonic milliseconds. @returns Undefined when nothing shall be kept. */
export function subjectsOf(
  classes: Readonly<Record<string, SubjectClass>>,
  random: (size: number) => Uint8Array,
  nowMs: () => number,
): Subjects | undefined {
  const keys = Object.entries(classes).map(
    ([name, { publicKey }]) => [name, Buffer.from(publicKey, 'hex')] as const,
  )
  if (keys.length === 0) return undefined
  return { classes, sealer: new ParameterSealer(new Map(keys), random, nowMs) }
}

/** @returns Undefined when no class is about this role. */
export function valuesOf(
  subjects: Subjects | undefined,
  { user, session }: { readonly user: string; readonly session: string },
): BoundValues | undefined {
  const values = subjects && new BoundValues(subjects, user, session)
  return values?.wanted === true ? values : undefined
}

export class BoundValues {
  readonly #sealer: ParameterSealer
  readonly #session: string
  /** Table, in lower case → the classes of persons it is about. */
  readonly #tables = new Map<string, string[]>()
  readonly #known = new WeakMap<SqlText, readonly string[]>()
  /** Portal → its values; undefined when they are too large to keep. */
  readonly #portals = new Map<string, Uint8Array | undefined>()
  #bytes = 0

  constructor({ classes, sealer }: Subjects, user: string, session: string) {
    this.#sealer = sealer
    this.#session = session
    for (const [name, { tables, roles }] of Object.entries(classes)) {
      if (!roles.includes('*') && !roles.includes(user)) continue
      for (const table of tables) {
        const short = table.slice(table.lastIndexOf('.') + 1).toLowerCase()
        this.#tables.set(short, [...(this.#tables.get(short) ?? []), name])
      }
    }
  }

  /** Whether any class is about this session's role. */
  get wanted(): boolean {
    return this.#tables.size > 0
  }

  /** A text that came whole; what is remembered of it may have lost its words. */
  parsed(text: SqlText, remembered: SqlText): void {
    this.#known.set(remembered, this.#classesOf(text))
  }

  /** @param body As much of the Bind's body as is there. @throws {ProtocolError} */
  bound(portal: string, body: Uint8Array, bodySize: number): void {
    this.#forget(portal)
    if (this.#portals.size >= PORTALS_MAX) return
    const part = body.length === bodySize ? bindValues(body) : undefined
    const fits = part && part.length <= VALUES_MAX && this.#bytes + part.length <= WAITING_MAX
    this.#portals.set(portal, fits ? Uint8Array.from(part) : undefined)
    if (fits) this.#bytes += part.length
  }

  /** What goes into the record beside an execution. */
  executed(run: Run<SqlText>): readonly AuditEvent[] {
    if (run.kind !== 'execute' || !this.#portals.has(run.portal)) return []
    const values = this.#portals.get(run.portal)
    this.#forget(run.portal)
    const { text, sequence, parameters } = run
    const classes = text && parameters > 0 ? this.#classesOf(text) : []
    if (classes.length === 0) return []
    const place = { session: this.#session, sequence }
    if (values) return this.#sealer.seal(classes, place, values)
    const detail = { ...place, classes: classes.join(' '), omitted: 'TOO_LARGE' }
    return [{ code: 'DB_PARAMETERS', detail }]
  }

  #forget(portal: string): void {
    this.#bytes -= this.#portals.get(portal)?.length ?? 0
    this.#portals.delete(portal)
  }

  /** By the words of the text: a column called as a table is one class too many, never one less. */
  #classesOf(text: SqlText): readonly string[] {
    const known = this.#known.get(text)
    if (known) return known
    const words = new Set(text.sql.toLowerCase().match(WORD))
    const found = [...this.#tables].flatMap(([table, names]) => (words.has(table) ? names : []))
    const classes = [...new Set(found)].toSorted()
    this.#known.set(text, classes)
    return classes
  }
}
