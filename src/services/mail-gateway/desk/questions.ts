/**
 * What staff look at and may change: sent mail, suppressions, figures. All by keyed hash: an
 * address is typed by whoever asks, and never listed.
 *
 * @module
 */
import type pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import { parseAddress, shownAddress, victimOf } from '#protocol/mail/address.ts'
import { record } from '../events.ts'
import { DAY_MS } from '../limits.ts'
import { personView, type PersonView } from '../person.ts'
import type { MailPorts } from '../ports.ts'
import { sourcesSince, tlsSince, type SourceLine, type TlsLine } from '../reports/store.ts'
import { liftSuppression, suppress, suppressions, type SuppressionLine } from '../suppression.ts'
import type { TemplateFace, TemplatePage } from '../templates/book.ts'
import { addressHash } from '../token.ts'

/** One delivery. The content is sealed while it waits and gone when it has ended. */
export type SentLine = {
  readonly id: string
  readonly atMs: number
  readonly sender: string
  readonly tenant: string
  readonly category: string
  readonly list: string
  /** `j…@club.example`. */
  readonly to: string
  readonly state: 'queued' | 'delivered' | 'refused' | 'withheld' | 'expired' | 'returned'
  /** The receiver's code alone: its sentence may name people. */
  readonly status: string
  readonly attempts: number
}

export type DayLine = {
  /** `2026-11-23`, UTC. */
  readonly day: string
  readonly accepted: number
  readonly delivered: number
  readonly bounced: number
  readonly complaints: number
}

export type Figures = {
  readonly days: readonly DayLine[]
  readonly sources: readonly SourceLine[]
  readonly tls: readonly TlsLine[]
  readonly queued: number
  readonly suppressed: number
}

const LINES_MAX = 100
const DAYS = 30

type Ports = Pick<MailPorts, 'pool' | 'clock' | 'trail' | 'tokenKey' | 'templates'>

export class MailDesk {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** The application's templates, as their readers would see them. */
  async templates(): Promise<readonly TemplateFace[]> {
    return (await this.#ports.templates?.faces()) ?? []
  }

  /** One of them whole, with names in place of values. */
  template(name: string, language: string): Promise<TemplatePage | undefined> {
    return this.#ports.templates?.page(name, language) ?? Promise.resolve(undefined)
  }

  /** The newest first. @param state '' for all; @param tenant '' for all. */
  async sent(state: string, tenant: string): Promise<readonly SentLine[]> {
    const { rows } = await this.#query<SentRow>(
      `select delivery.id, received_at, sender, message.tenant, category, message.list, recipient,
         case when returned_status is null then state else 'returned' end as state,
         attempts, last_reply, returned_status
       from delivery join message on message.id = message_id
       where sender <> 'prober' and ($1 = '' or $1 = case when returned_status is null then state
           else 'returned' end) and ($2 = '' or message.tenant = $2)
       order by received_at desc, delivery.id limit ${LINES_MAX}`,
      [state, tenant],
    )
    return rows.map(({ received_at: at, recipient, last_reply, returned_status, ...row }) => ({
      ...row,
      atMs: at.getTime(),
      to: recipient.includes('…') ? recipient : shownAddress(recipient),
      status: returned_status ?? /^\d{3}([ -]\d\.\d+\.\d+)?/.exec(last_reply ?? '')?.[0] ?? '',
    }))
  }

  async suppressions(): Promise<readonly SuppressionLine[]> {
    return suppressions(this.#ports.pool, LINES_MAX)
  }

  /** @throws {DeniedError} MAIL_ADDRESS_INVALID. */
  async person(address: string): Promise<PersonView & { readonly victim: string }> {
    const victim = this.#hashOf(address)
    return { ...(await personView(this.#ports.pool, victim)), victim }
  }

  /**
   * Nothing but security mail goes to this address any more.
   *
   * @param by Who of the staff says so, as the trail knows people.
   * @throws {DeniedError} MAIL_ADDRESS_INVALID.
   */
  async add(address: string, note: string, by: string): Promise<boolean> {
    const { pool, clock, trail } = this.#ports
    const person = this.#hashOf(address)
    const because = { reason: 'staff', status: 'staff', note } as const
    const isNew = await suppress(pool, person, because, clock.nowMs())
    const { reason, status } = because
    if (isNew) await record(trail, 'MAIL_SUPPRESSED', { person, reason, status, by })
    return isNew
  }

  /** @param victim As a line of `suppressions` has it. */
  async lift(victim: string, by: string): Promise<boolean> {
    const { pool, trail } = this.#ports
    const wasThere = await liftSuppression(pool, victim)
    if (wasThere) await record(trail, 'MAIL_SUPPRESSION_LIFTED', { person: victim, by })
    return wasThere
  }

  async figures(): Promise<Figures> {
    const { pool, clock } = this.#ports
    const sinceMs = clock.nowMs() - DAYS * DAY_MS
    const { rows } = await this.#query<DayRow>(
      `select to_char(received_at at time zone 'UTC', 'YYYY-MM-DD') as day,
         count(*)::int as accepted,
         count(*) filter (where state = 'delivered' and returned_status is null)::int as delivered,
         count(*) filter (where state in ('refused', 'expired')
           or returned_status ~ '^[0-9]')::int as bounced,
         count(*) filter (where returned_status ~ '^[a-z]')::int as complaints
       from delivery join message on message.id = message_id
       where sender <> 'prober' and received_at > $1 group by 1 order by 1`,
      [new Date(sinceMs)],
    )
    const { rows: counts } = await this.#query<{ queued: number; suppressed: number }>(
      `select (select count(*)::int from delivery where state = 'queued') as queued,
         (select count(*)::int from suppression) as suppressed`,
      [],
    )
    return {
      days: everyDay(rows, clock.nowMs()),
      sources: await sourcesSince(pool, sinceMs, 12),
      tls: await tlsSince(pool, sinceMs, 8),
      queued: counts[0]?.queued ?? 0,
      suppressed: counts[0]?.suppressed ?? 0,
    }
  }

  #hashOf(address: string): string {
    return addressHash(this.#ports.tokenKey, victimOf(parseAddress(address)))
  }

  async #query<Row extends pg.QueryResultRow>(
    sql: string,
    values: unknown[],
  ): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#ports.pool.query<Row>(sql, values)
    } catch (cause) {
      throw new FaultError('MAIL_QUEUE_FAILED', (cause as Error).message, { cause })
    }
  }
}

type SentRow = Omit<SentLine, 'atMs' | 'to' | 'status'> & {
  received_at: Date
  recipient: string
  last_reply: string | null
  returned_status: string | null
}

type DayRow = DayLine

/** Days without mail are days too. */
function everyDay(rows: readonly DayRow[], nowMs: number): readonly DayLine[] {
  const known = new Map(rows.map((row) => [row.day, row]))
  return Array.from({ length: DAYS }, (_, at) => {
    const day = new Date(nowMs - (DAYS - 1 - at) * DAY_MS).toISOString().slice(0, 10)
    return known.get(day) ?? { day, accepted: 0, delivered: 0, bounced: 0, complaints: 0 }
  })
}
