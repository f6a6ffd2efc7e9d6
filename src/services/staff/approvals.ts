/**
 * The acts that one person alone may not do: asked for by one, approved by another, used once.
 *
 * @module
 */
import type pg from 'pg'
import { DeniedError } from '#lib/errors.ts'
import type { Desk } from './desk.ts'
import type { RouteName } from './doors.ts'

/** What takes two persons, and what it is called. The acts themselves are commands. */
export const acts = {
  'restore-over-production': 'Restore over the running database',
  'read-recovery-key': 'Read the recovery key',
  erase: 'Erase what was held',
} as const
export type Act = keyof typeof acts

export type Approval = {
  readonly id: string
  readonly act: Act
  readonly subject: string
  readonly reason: string
  readonly askedBy: string
  readonly askedMs: number
  readonly approvedBy: string | null
  readonly approvedMs: number | null
  readonly state: 'asked' | 'approved' | 'used' | 'withdrawn' | 'expired'
}

type Queryable = Pick<pg.Pool, 'query'>

const askers: Readonly<Partial<Record<RouteName, string>>> = {
  'POST /access/approve': `select a.name from access_request r join account a
    on a.id = r.account_id where r.id::text = $1`,
  'POST /approvals/approve': `select a.name from approval r join account a
    on a.id = r.asked_by where r.id::text = $1`,
}

/** Who asked for what this address confirms. @throws {Error} For an address nobody asks at. */
export async function askerOf(
  db: Queryable,
  name: RouteName,
  id: string,
): Promise<string | undefined> {
  const sql = askers[name]
  if (sql === undefined) throw new Error(`nobody is known to ask for ${name}`)
  return (await db.query<{ name: string }>(sql, [id])).rows[0]?.name
}

const columns = `r.id, r.act, r.subject, r.reason, a.name as "askedBy", b.name as "approvedBy",
  extract(epoch from r.asked_at)::float8 * 1000 as "askedMs",
  extract(epoch from r.approved_at)::float8 * 1000 as "approvedMs",
  case when r.used_at is not null then 'used'
       when r.withdrawn_at is not null then 'withdrawn'
       when coalesce(r.approved_at, r.asked_at)
         <= to_timestamp($1::float8 / 1000) - make_interval(mins => $2::int) then 'expired'
       when r.approved_at is not null then 'approved' else 'asked' end as state`
const from = `from approval r join account a on a.id = r.asked_by
  left join account b on b.id = r.approved_by`

export class Approvals {
  readonly #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
  }

  /** The newest first. */
  async list(): Promise<readonly Approval[]> {
    return this.#select('order by r.asked_at desc limit 100')
  }

  /** @param name Of an active account that may ask. @throws {DeniedError} STAFF_UNKNOWN. */
  async ask(name: string, act: Act, subject: string, reason: string): Promise<string> {
    const { pool, clock } = this.#desk.ports
    const { rows } = await pool.query<{ id: string }>(
      `insert into approval (act, subject, reason, asked_by, asked_at)
       select $2, $3, $4, id, to_timestamp($5 / 1000.0) from account
        where name = $1 and state = 'active' and role in ('owner', 'operator') returning id`,
      [name, act, subject, reason, clock.nowMs()],
    )
    const id = rows[0]?.id
    if (id === undefined) {
      const message = `no active owner or operator is called ${name}; veilig staff list shows them`
      throw new DeniedError('STAFF_UNKNOWN', message, 'There is no such account.')
    }
    await this.#desk.record('APPROVAL_ASKED', name, { approval: id, act, subject })
    return id
  }

  /**
   * @param by The second person, who has just shown the second proof.
   * @throws {DeniedError} APPROVAL_OWN, APPROVAL_NOT_NOW.
   */
  async approve(id: string, by: string): Promise<Approval> {
    const { pool, clock } = this.#desk.ports
    const asked = await this.#get(id)
    if (asked.askedBy === by) {
      const message = `${by} asked for this; another owner or operator must approve it`
      throw new DeniedError('APPROVAL_OWN', message, 'Somebody else must approve this.')
    }
    if (asked.state !== 'asked') throw notNow(asked)
    const { rowCount } = await pool.query(
      `update approval set approved_by = (select id from account where name = $2
           and state = 'active' and role in ('owner', 'operator')),
         approved_at = to_timestamp($3 / 1000.0)
        where id = $1 and approved_by is null and withdrawn_at is null
          and exists (select from account where name = $2 and state = 'active'
            and role in ('owner', 'operator'))`,
      [id, by, clock.nowMs()],
    )
    if (rowCount !== 1) throw notNow(asked)
    const approver = this.#desk.keyOf(by)
    await this.#desk.record('APPROVAL_GIVEN', asked.askedBy, {
      approval: id,
      act: asked.act,
      approver,
    })
    return this.#get(id)
  }

  async withdraw(id: string, by: string): Promise<void> {
    const { pool, clock } = this.#desk.ports
    const asked = await this.#get(id)
    if (asked.state !== 'asked' && asked.state !== 'approved') throw notNow(asked)
    await pool.query(
      `update approval set withdrawn_at = to_timestamp($2 / 1000.0)
        where id = $1 and used_at is null`,
      [id, clock.nowMs()],
    )
    await this.#desk.record('APPROVAL_WITHDRAWN', by, { approval: id, act: asked.act })
  }

  /**
   * Uses an approval up, for one act on one thing.
   *
   * @throws {DeniedError} APPROVAL_MISSING when there is none that two persons gave and that lasts.
   */
  async use(act: Act, subject: string): Promise<Approval> {
    const { pool, clock } = this.#desk.ports
    const found = (
      await this.#select('where r.act = $3 and r.subject = $4 order by r.asked_at', [act, subject])
    ).find(({ state }) => state === 'approved')
    const used =
      found &&
      (await pool.query(
        `update approval set used_at = to_timestamp($2 / 1000.0)
          where id = $1 and used_at is null and withdrawn_at is null`,
        [found.id, clock.nowMs()],
      ))
    if (!found || used?.rowCount !== 1) {
      const message =
        `two persons must agree to: ${acts[act].toLowerCase()} (${subject}); one asks with ` +
        `veilig approval ask ${act} "${subject}", another approves it in the console or with ` +
        'veilig approval approve'
      throw new DeniedError('APPROVAL_MISSING', message, 'Two persons must agree to this.')
    }
    const approver = this.#desk.keyOf(found.approvedBy ?? '')
    await this.#desk.record('APPROVAL_USED', found.askedBy, { approval: found.id, act, approver })
    return found
  }

  async #get(id: string): Promise<Approval> {
    const [found] = await this.#select('where r.id::text = $3', [id])
    if (found) return found
    const message = `there is no approval ${id}; veilig approval list shows them`
    throw new DeniedError('APPROVAL_UNKNOWN', message, 'There is no such approval.')
  }

  async #select(where: string, values: readonly string[] = []): Promise<Approval[]> {
    const { ports, config } = this.#desk
    const sql = `select ${columns} ${from} ${where}`
    const bound = [ports.clock.nowMs(), config.approvalMinutes, ...values]
    return (await ports.pool.query<Approval>(sql, bound)).rows
  }
}

function notNow({ id, state }: Approval): DeniedError {
  const message = `approval ${id} is ${state}`
  return new DeniedError('APPROVAL_NOT_NOW', message, `That cannot be done: it is ${state}.`)
}
