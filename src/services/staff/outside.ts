/**
 * The register of outside services the company works with: who answers for each, whether a second
 * factor guards it, when its credential last changed, which personal data it holds.
 *
 * What is written here is somebody's word, reviewed each quarter, and the claims that count it say
 * so. Where the prober may ask the service's own API, what that proves stands above the word.
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
  /** What its API said of the second factor, and when a token was made; null: it did not say. */
  readonly provenSecond: 'yes' | 'no' | null
  readonly provenCredentialMs: number | null
  /** When it was last asked; null: never. */
  readonly provenMs: number | null
  readonly proofProblem: string | null
}

/** What an API proved; as the prober hands it in. */
export type OutsideProof = {
  readonly service: string
  readonly secondFactor?: 'yes' | 'no' | undefined
  readonly credentialMs?: number | undefined
  readonly problem?: string | undefined
}

/** A proof counts for a day: the prober asks every few minutes. */
const PROOF_MS = 86_400_000

/** What counts of a line: what was proven of it lately, else what somebody wrote. */
export function countedOf(
  line: OutsideLine,
  nowMs: number,
): {
  readonly secondFactor: OutsideService['secondFactor']
  readonly credentialMs: number
  /** Whether the second factor was measured, and is no word. */
  readonly measured: boolean
} {
  const { secondFactor, credentialMs, provenSecond, provenCredentialMs, provenMs } = line
  const fresh = provenMs !== null && nowMs - provenMs < PROOF_MS
  return {
    secondFactor: (fresh ? provenSecond : null) ?? secondFactor,
    // The oldest of both: a person's password there is not seen by the API.
    credentialMs: Math.min(credentialMs, (fresh ? provenCredentialMs : null) ?? credentialMs),
    measured: fresh && provenSecond !== null,
  }
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
  extract(epoch from reviewed_on)::float8 * 1000 as "reviewedMs", reviewed_by as "reviewedBy",
  proven_second as "provenSecond", proof_problem as "proofProblem",
  extract(epoch from proven_credential_at)::float8 * 1000 as "provenCredentialMs",
  extract(epoch from proven_at)::float8 * 1000 as "provenMs"`

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

  /**
   * Writes down what a service's API proved. When the second factor is found to be other than
   * before, that is recorded.
   *
   * @returns Whether the register has this service at all.
   */
  async prove(proof: OutsideProof): Promise<boolean> {
    const { service, secondFactor, credentialMs, problem } = proof
    const { pool, clock } = this.#desk.ports
    const before = (await this.list()).find(({ name }) => name === service)
    if (!before) return false
    await pool.query(
      `update outside_service set proven_second = $2, proof_problem = $4,
         proven_credential_at = to_timestamp($3::float8 / 1000),
         proven_at = to_timestamp($5::float8 / 1000)
        where id = $1`,
      [before.id, secondFactor ?? null, credentialMs ?? null, problem ?? null, clock.nowMs()],
    )
    if (secondFactor !== undefined && secondFactor !== before.provenSecond) {
      const said = before.secondFactor
      await this.#desk.record('OUTSIDE_SERVICE_PROVEN', '', { service, secondFactor, said })
    }
    return true
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
