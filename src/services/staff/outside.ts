/**
 * The register of outside services the company works with: who answers for each, whether a second
 * factor guards it, when its credential last changed, which personal data it holds.
 *
 * What is written here is somebody's word, reviewed each quarter; nothing here is measured, and the
 * claims that count it say so.
 *
 * @module
 */
import { z } from 'zod'
import type { Desk } from './desk.ts'

export type OutsideService = {
  readonly name: string
  /** Hosting, mail, payment, code … */
  readonly purpose: string
  /** Who answers for it. */
  readonly owner: string
  readonly secondFactor: 'yes' | 'no' | 'none-offered'
  /** Which data of persons it holds; 'none'. */
  readonly personalData: string
  /** `2026-11-23`: when its password or key was last changed. */
  readonly credentialChangedOn: string
}

export type OutsideLine = OutsideService & {
  readonly id: string
  readonly reviewedMs: number
  readonly reviewedBy: string
  readonly credentialMs: number
}

export const REVIEW_DAYS = 92
const REMIND_EVERY_DAYS = 7
const DAY_MS = 86_400_000

const words = (max: number): z.ZodType<string> => z.string().trim().min(1).max(max)
const form: z.ZodType<OutsideService> = z.object({
  name: words(100),
  purpose: words(200),
  owner: words(200),
  secondFactor: z.enum(['yes', 'no', 'none-offered']),
  personalData: words(300),
  credentialChangedOn: z.iso.date(),
})

/** A service as a form or a command sends it. */
export function serviceFrom(fields: Readonly<Record<string, unknown>>): {
  readonly service?: OutsideService
  readonly problem: string
} {
  const parsed = form.safeParse(fields)
  if (parsed.success) return { service: parsed.data, problem: '' }
  const at = parsed.error.issues[0]?.path[0]
  return { problem: `Please fill in "${String(at ?? 'the form')}"; dates as 2026-11-23.` }
}

/** Whether its quarter is over. */
export function isDue({ reviewedMs }: OutsideLine, nowMs: number): boolean {
  return nowMs - reviewedMs > REVIEW_DAYS * DAY_MS
}

const columns = `id, name, purpose, owner, second_factor as "secondFactor",
  personal_data as "personalData", credential_changed_on::text as "credentialChangedOn",
  extract(epoch from credential_changed_on)::float8 * 1000 as "credentialMs",
  extract(epoch from reviewed_on)::float8 * 1000 as "reviewedMs", reviewed_by as "reviewedBy"`

export class Outside {
  readonly #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
  }

  /** Those whose review is the longest ago first. */
  async list(): Promise<readonly OutsideLine[]> {
    const sql = `select ${columns} from outside_service order by reviewed_on, name limit 500`
    return (await this.#desk.ports.pool.query<OutsideLine>(sql)).rows
  }

  /** Writes it down, or anew; writing it down is a review. */
  async keep(service: OutsideService, by: string): Promise<void> {
    const { pool } = this.#desk.ports
    const { name, purpose, owner, secondFactor, personalData, credentialChangedOn } = service
    await pool.query(
      `insert into outside_service (name, purpose, owner, second_factor, personal_data,
         credential_changed_on, reviewed_on, reviewed_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (name) do update set purpose = excluded.purpose, owner = excluded.owner,
         second_factor = excluded.second_factor, personal_data = excluded.personal_data,
         credential_changed_on = excluded.credential_changed_on, reviewed_on = excluded.reviewed_on,
         reviewed_by = excluded.reviewed_by, reminded_on = null`,
      [name, purpose, owner, secondFactor, personalData, credentialChangedOn, this.#today(), by],
    )
    await this.#desk.record('OUTSIDE_SERVICE_KEPT', by, { service: name, secondFactor })
  }

  /** Somebody looked: what stands there is still so. */
  async review(id: string, by: string): Promise<void> {
    const { rows } = await this.#desk.ports.pool.query<{ name: string }>(
      `update outside_service set reviewed_on = $2, reviewed_by = $3, reminded_on = null
        where id::text = $1 returning name`,
      [id, this.#today(), by],
    )
    if (rows[0]) await this.#desk.record('OUTSIDE_SERVICE_REVIEWED', by, { service: rows[0].name })
  }

  async remove(id: string, by: string): Promise<void> {
    const { rows } = await this.#desk.ports.pool.query<{ name: string }>(
      'delete from outside_service where id::text = $1 returning name',
      [id],
    )
    if (rows[0]) await this.#desk.record('OUTSIDE_SERVICE_REMOVED', by, { service: rows[0].name })
  }

  /** Reminds the owners of what is past its quarter, once a week each. @returns How many. */
  async remind(): Promise<number> {
    const { pool, clock, sendMail, publicOrigin } = this.#desk.ports
    const due = (await this.list()).filter((line) => isDue(line, clock.nowMs()))
    let reminded = 0
    for (const { id, name, owner } of due) {
      const taken = await pool.query(
        `update outside_service set reminded_on = $2::date where id = $1
           and (reminded_on is null or reminded_on <= $2::date - $3::int)`,
        [id, this.#today(), REMIND_EVERY_DAYS],
      )
      if (taken.rowCount !== 1) continue
      reminded++
      const mailed = owner.includes('@') && sendMail !== undefined
      await this.#desk.record('OUTSIDE_SERVICE_DUE', owner, {
        service: name,
        mailed: String(mailed),
      })
      const text =
        `It is a quarter ago that somebody looked whether what we wrote about ${name} is still ` +
        `so: who answers for it, its second factor, its last change of password.\n\n` +
        `${publicOrigin}/outside\n`
      if (mailed) await sendMail({ to: owner, subject: `Please review: ${name}`, text })
    }
    return reminded
  }

  #today(): string {
    return new Date(this.#desk.ports.clock.nowMs()).toISOString().slice(0, 10)
  }
}
