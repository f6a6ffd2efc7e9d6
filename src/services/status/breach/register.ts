/**
 * The register of all breaches (GDPR art. 33(5)): steps that are only ever added, each in the
 * control database and in the audit trail.
 *
 * @module
 */
import type pg from 'pg'
import { DeniedError } from '#lib/errors.ts'
import type { Language } from '#lib/claims/claim.ts'
import { dutiesOf, type BreachStep, type Duty, type Role } from '#lib/breach/duties.ts'
import type { AuditEvent, AuditTrail } from '#audit/trail.ts'

/** What is known of a breach; the wording of the notice comes from it (art. 33(3)). */
export type BreachDetail = {
  readonly role: Role
  readonly detectedMs: number
  readonly awareMs: number
  readonly tenants: readonly string[]
  readonly customerHours: number
  /** Nature, in the operator's words. */
  readonly nature: string
  readonly categories: readonly string[]
  /** Approximate numbers; absent when not known yet (art. 33(4)). */
  readonly persons?: number | undefined
  readonly records?: number | undefined
  readonly consequences: string
  readonly measures: string
  /** Reckoned from the audit trail; then each customer's notice has its own numbers. */
  readonly exposure?: BreachExposure | undefined
}

/** What an account read, as the audit trail has it. */
export type BreachExposure = {
  readonly account: string
  readonly address: string
  readonly fromMs: number
  readonly toMs: number
  /** Statements of the account in that time, and those whose extent is not certain. */
  readonly statements: number
  readonly unclear: number
  /** When the account's password was replaced, by the audit trail. */
  readonly closedMs?: number | undefined
  readonly tenants: readonly CustomerExposure[]
}

/** One customer's own part. */
export type CustomerExposure = {
  /** As duties name it. */
  readonly tenant: string
  readonly name: string
  readonly language: Language
  /** Where the notice goes; empty when nobody knows. */
  readonly mail: string
  readonly persons: number
  readonly records: number
  readonly categories: readonly string[]
  readonly columns: readonly string[]
}

/** A notice that went out. */
export type Told = { readonly recipient: string; readonly atMs: number; readonly how: string }

export type Breach = {
  readonly id: string
  readonly recordedMs: number
  readonly detail: BreachDetail
  readonly duties: readonly Duty[]
  /** Every notice, the first and those that add to it (art. 33(4)). */
  readonly told: readonly Told[]
  readonly closedMs?: number
  readonly closedReason?: string
}

type Row = {
  breach: string
  at: Date
  kind: BreachStep['kind']
  detail: Record<string, unknown>
}

export class BreachRegister {
  readonly #pool: pg.Pool
  readonly #trail: AuditTrail

  constructor(pool: pg.Pool, trail: AuditTrail) {
    this.#pool = pool
    this.#trail = trail
  }

  async record(id: string, detail: BreachDetail, nowMs: number): Promise<void> {
    await this.#add(id, nowMs, 'recorded', detail, {
      code: 'BREACH_RECORDED',
      detail: audited(id, detail),
    })
  }

  async correct(id: string, change: Partial<BreachDetail>, nowMs: number): Promise<void> {
    const detail = { ...(await this.find(id)).detail, ...change }
    const event = { code: 'BREACH_CORRECTED', detail: audited(id, detail) }
    await this.#add(id, nowMs, 'corrected', detail, event)
  }

  /** @param how Where the notice went: a file, an address. */
  async notified(id: string, recipient: string, how: string, nowMs: number): Promise<void> {
    const { duties } = await this.find(id)
    if (!duties.some((duty) => duty.recipient === recipient)) {
      const known = duties.map((duty) => duty.recipient).join(', ')
      throw refused(`'${recipient}' is owed no notice of ${id}; these are: ${known}`)
    }
    await this.#add(
      id,
      nowMs,
      'notified',
      { recipient, how },
      {
        code: 'BREACH_NOTIFIED',
        detail: { breach: id, recipient, how },
      },
    )
  }

  async close(id: string, reason: string, nowMs: number): Promise<void> {
    const { duties } = await this.find(id)
    const owed = duties.filter(({ doneMs }) => doneMs === undefined)
    if (owed.length > 0) {
      const names = owed.map(({ recipient }) => recipient).join(', ')
      throw refused(`${id} cannot be closed: a notice is owed to ${names}`)
    }
    await this.#add(
      id,
      nowMs,
      'closed',
      { reason },
      {
        code: 'BREACH_CLOSED',
        detail: { breach: id, reason },
      },
    )
  }

  /** @throws {DeniedError} BREACH_UNKNOWN. */
  async find(id: string): Promise<Breach> {
    const found = (await this.all()).find((breach) => breach.id === id)
    if (found) return found
    const message = `there is no breach '${id}' in the register`
    throw new DeniedError('BREACH_UNKNOWN', message, message)
  }

  /** Oldest first. */
  async all(): Promise<Breach[]> {
    const { rows } = await this.#pool.query<Row>(
      'select breach, at, kind, detail from breach_event order by sequence',
    )
    return [...Map.groupBy(rows, ({ breach }) => breach)].flatMap(([id, steps]) => {
      const facts = steps.findLast(({ kind }) => kind === 'recorded' || kind === 'corrected')
      const [first] = steps
      if (!facts || !first) return []
      const closed = steps.find(({ kind }) => kind === 'closed')
      return [
        {
          id,
          recordedMs: first.at.getTime(),
          detail: facts.detail as BreachDetail,
          duties: dutiesOf(steps.map(stepOf)),
          told: steps.filter(({ kind }) => kind === 'notified').map(toldOf),
          ...(closed
            ? { closedMs: closed.at.getTime(), closedReason: String(closed.detail['reason']) }
            : {}),
        },
      ]
    })
  }

  /** Both books or neither; what stands in one only is found by the probe of breach.notice. */
  async #add(
    id: string,
    nowMs: number,
    kind: BreachStep['kind'],
    detail: object,
    event: AuditEvent,
  ): Promise<void> {
    const client = await this.#pool.connect()
    try {
      await client.query('begin')
      await client.query(
        'insert into breach_event (breach, at, kind, detail) values ($1, $2, $3, $4)',
        [id, new Date(nowMs), kind, detail],
      )
      await this.#trail.append([event])
      await client.query('commit')
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      throw error
    } finally {
      client.release()
    }
  }
}

/** What the audit trail must have, so that duties can be reckoned from it alone. */
function audited(id: string, detail: BreachDetail): AuditEvent['detail'] {
  return {
    breach: id,
    role: detail.role,
    detected: new Date(detail.detectedMs).toISOString(),
    aware: new Date(detail.awareMs).toISOString(),
    tenants: detail.tenants.join(' '),
    customerHours: detail.customerHours,
  }
}

function toldOf({ at, detail }: Row): Told {
  const { recipient, how } = detail
  return { recipient: String(recipient), atMs: at.getTime(), how: String(how) }
}

function stepOf({ kind, at, detail }: Row): BreachStep {
  const atMs = at.getTime()
  if (kind === 'notified') return { kind, recipient: String(detail['recipient']), atMs }
  if (kind === 'closed') return { kind, atMs }
  return { ...(detail as BreachDetail), kind }
}

function refused(message: string): DeniedError {
  return new DeniedError('BREACH_INVALID', message, message)
}
