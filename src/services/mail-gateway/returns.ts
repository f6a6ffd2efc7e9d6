/**
 * What comes back: a delivery that failed after it was taken, a complaint, a refusal.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { Report } from '#protocol/mail/delivery-report.ts'
import { record } from './events.ts'
import type { MailPorts } from './ports.ts'
import { suppress, type Because } from './suppression.ts'
import { readBounceAddress } from './token.ts'
import { verdictOf } from './verdict.ts'

/** Kinds of feedback that say the mail was unwelcome. RFC 5965 §7.3. */
const unwelcome: ReadonlySet<string> = new Set(['abuse', 'fraud', 'other', 'opt-out'])

type Row = { victim: string; subscription_id: string; message_id: string }

type Ports = Pick<MailPorts, 'pool' | 'clock' | 'trail' | 'tokenKey'>

export class Returns {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Whether a delivery of ours has this envelope sender: whether we would hear about it. */
  async isKnown(envelopeFrom: string): Promise<boolean> {
    const id = readBounceAddress(this.#ports.tokenKey, envelopeFrom)
    return id !== undefined && (await this.#delivery(id)) !== undefined
  }

  /**
   * Acts on a report about one of our deliveries; about anything else it does nothing.
   *
   * @param to The address it came to; a complaint may name another in itself.
   * @throws {FaultError} MAIL_QUEUE_FAILED.
   */
  async hear(to: string, report: Report): Promise<void> {
    const { tokenKey } = this.#ports
    const named = report.kind === 'feedback' ? report.envelopeFrom : ''
    const id = readBounceAddress(tokenKey, to) ?? readBounceAddress(tokenKey, named)
    const delivery = id === undefined ? undefined : await this.#delivery(id)
    if (id === undefined || !delivery) return
    if (report.kind === 'feedback') return await this.#complaint(id, delivery, report.feedback)
    if (report.action !== 'failed') return
    const verdict = verdictOf(report.status, report.diagnostic)
    await this.#returned(id, delivery, report.status, verdict)
    if (verdict !== 'dead') return
    await this.suppress(delivery.victim, { reason: 'dead', status: report.status })
  }

  /** @throws {FaultError} MAIL_QUEUE_FAILED. */
  async suppress(person: string, because: Because): Promise<void> {
    const { pool, clock, trail } = this.#ports
    const isNew = await asked(suppress(pool, person, because, clock.nowMs()))
    if (isNew) await record(trail, 'MAIL_SUPPRESSED', { person, ...because })
  }

  async #complaint(id: string, delivery: Row, feedback: string): Promise<void> {
    if (!unwelcome.has(feedback)) return
    const { pool, clock } = this.#ports
    await this.#returned(id, delivery, feedback, 'complaint')
    await asked(
      pool.query('update subscription set stopped_at = $2 where id = $1 and stopped_at is null', [
        delivery.subscription_id,
        new Date(clock.nowMs()),
      ]),
    )
    await this.suppress(delivery.victim, { reason: 'complaint', status: feedback })
  }

  async #returned(id: string, delivery: Row, status: string, verdict: string): Promise<void> {
    const { pool, clock, trail } = this.#ports
    const { rowCount } = await asked(
      pool.query(
        `update delivery set returned_at = $2, returned_status = $3
         where id = $1 and returned_at is null`,
        [id, new Date(clock.nowMs()), status.slice(0, 40)],
      ),
    )
    if (rowCount !== 1) return // told before
    const person = delivery.victim
    const detail = { message: delivery.message_id, delivery: id, person, status, verdict }
    await record(trail, 'MAIL_RETURNED', detail)
  }

  async #delivery(id: string): Promise<Row | undefined> {
    const { rows } = await asked(
      this.#ports.pool.query<Row>(
        `select victim, subscription_id, message_id from delivery
         join subscription on subscription.id = subscription_id where delivery.id = $1`,
        [id],
      ),
    )
    return rows[0]
  }
}

async function asked<T>(query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (cause) {
    throw new FaultError('MAIL_QUEUE_FAILED', (cause as Error).message, { cause })
  }
}
