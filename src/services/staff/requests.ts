/**
 * Requests for access to the database: asked, approved by somebody else, begun, ended.
 *
 * @module
 */
import { DeniedError } from '#lib/errors.ts'
import type { Desk } from './desk.ts'
import { keepLink, linkOf, useLink } from './links.ts'
import type { Started } from './ports.ts'
import { accountByName } from './store.ts'

export type AccessRequest = {
  readonly id: string
  readonly account: string
  readonly role: 'read' | 'write'
  readonly minutes: number
  readonly reason: string
  readonly state: 'requested' | 'approved' | 'started' | 'ended'
  readonly approvedBy: string | null
  readonly databaseRole: string | null
  readonly requestedMs: number
  readonly endsMs: number | null
}

const columns = `r.id, a.name as account, r.role, r.minutes, r.reason, r.state,
  r.approved_by as "approvedBy", r.database_role as "databaseRole",
  extract(epoch from r.requested_at)::float8 * 1000 as "requestedMs",
  extract(epoch from r.ends_at)::float8 * 1000 as "endsMs"`

/** An approval that nobody used is worth nothing after this. */
const APPROVAL_MINUTES = 60
const LINK_SIZE = 32
const APPROVERS_MAX = 50

export class Requests {
  readonly #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
  }

  /** @returns The request's id. @throws {DeniedError} STAFF_UNKNOWN. */
  async ask(
    name: string,
    role: 'read' | 'write',
    minutes: number,
    reason: string,
  ): Promise<string> {
    const { rows } = await this.#desk.ports.pool.query<{ id: string }>(
      `insert into access_request (account_id, role, minutes, reason)
       select id, $2, $3, $4 from account where name = $1 and state = 'active' and role <> 'probe'
       returning id`,
      [name, role, minutes, reason],
    )
    const id = rows[0]?.id
    if (id === undefined) {
      const message = `there is no active account ${name}; veilig staff list shows them`
      throw new DeniedError('STAFF_UNKNOWN', message, 'There is no such account.')
    }
    await this.#desk.record('ACCESS_REQUESTED', name, {
      request: id,
      role,
      minutes: String(minutes),
    })
    this.#tell(id, name, role, minutes, reason).catch((error: unknown) =>
      this.#desk.ports.onFault('request', error),
    )
    return id
  }

  /** The request that an approver's link of a mail is about, while it can be approved by it. */
  async behindLink(token: string): Promise<AccessRequest | undefined> {
    const { pool, clock } = this.#desk.ports
    const link = await linkOf(pool, 'approve', token, clock.nowMs())
    const request = link?.requestId ? await this.#get(link.requestId) : undefined
    return request?.state === 'requested' && this.#linkApproves(request.role) ? request : undefined
  }

  /** @returns Whether it was approved. A mailbox is one proof: it lets read, and never write. */
  async approveByLink(token: string): Promise<boolean> {
    const { pool, clock } = this.#desk.ports
    const request = await this.behindLink(token)
    const link = await linkOf(pool, 'approve', token, clock.nowMs())
    const approver = link && (await accountByName(pool, link.account.name))
    if (!request || !approver || !['owner', 'operator'].includes(approver.role)) return false
    if (!(await useLink(pool, token, clock.nowMs()))) return false
    await this.approve(request.id, approver.name)
    return true
  }

  /**
   * By the word of the team's own program, which is one proof: it lets read, and never write.
   *
   * @returns Whether it was approved; not when nothing waits, or that person may not.
   */
  async approveByHook(id: string, approver: string): Promise<boolean> {
    const request = await this.#get(id)
    const account = await accountByName(this.#desk.ports.pool, approver)
    if (request?.state !== 'requested' || request.role !== 'read') return false
    if (account?.state !== 'active' || !['owner', 'operator'].includes(account.role)) return false
    if (request.account === account.name) return false
    await this.approve(id, account.name)
    return true
  }

  #linkApproves(role: 'read' | 'write'): boolean {
    return role === 'read' && this.#desk.ports.approveByLink
  }

  /** Tells who may approve: by mail, each with a link of his own, and in the team's chat. */
  async #tell(
    id: string,
    by: string,
    role: 'read' | 'write',
    minutes: number,
    reason: string,
  ): Promise<void> {
    const { pool, clock, random, publicOrigin, sendMail, tellTeam } = this.#desk.ports
    const what = `${by} asks to ${role} the database for ${minutes} minutes: ${reason}`
    await tellTeam?.(what, `${publicOrigin}/access`, { request: id, by, role, minutes, reason })
    if (!sendMail) return
    const { rows } = await pool.query<{ id: string; name: string }>(
      `select id, name from account where state = 'active' and role in ('owner', 'operator')
         and name <> $1 and name like '%@%' order by name limit $2`,
      [by, APPROVERS_MAX],
    )
    for (const { id: accountId, name } of rows) {
      let link = `${publicOrigin}/access`
      if (this.#linkApproves(role)) {
        const token = Buffer.from(random(LINK_SIZE)).toString('base64url')
        const untilMs = clock.nowMs() + APPROVAL_MINUTES * 60_000
        await keepLink(pool, { token, kind: 'approve', accountId, requestId: id, untilMs })
        link = `${publicOrigin}/access/link/${token}`
      }
      const text = `${what}\n\nLook at it, and approve it or do nothing:\n${link}\n`
      await sendMail({ to: name, subject: 'Somebody asks for the database', text })
    }
  }

  /**
   * @param by Name of the account that approves, or undefined for the operator at the machine.
   * @throws {DeniedError} ACCESS_OWN_APPROVAL when somebody approves his own without being allowed.
   */
  async approve(id: string, by: string | undefined): Promise<AccessRequest> {
    const { pool, selfApproval } = this.#desk.ports
    const asked = await this.#get(id)
    if (by !== undefined && asked.account === by && !selfApproval) {
      const message = 'nobody approves his own request; another owner or operator can'
      throw new DeniedError('ACCESS_OWN_APPROVAL', message, 'Somebody else must approve this.')
    }
    const { rowCount } = await pool.query(
      `update access_request set state = 'approved', approved_by = $2
        where id = $1 and state = 'requested'`,
      [id, by ?? 'the operator at the machine'],
    )
    if (rowCount !== 1) throw notNow(asked)
    const approver = by === undefined ? 'machine' : this.#desk.keyOf(by)
    await this.#desk.record('ACCESS_APPROVED', asked.account, { request: id, approver })
    return this.#get(id)
  }

  /** Begins an approved request; what it returns is shown once and kept nowhere. */
  async start(id: string, by: string | undefined): Promise<Started> {
    const { pool, access } = this.#desk.ports
    const asked = await this.#get(id)
    if (by !== undefined && asked.account !== by) throw notNow(asked)
    const taken = await pool.query(
      `update access_request set state = 'started' where id = $1 and state = 'approved'
        and requested_at > now() - make_interval(mins => $2)`,
      [id, APPROVAL_MINUTES],
    )
    if (taken.rowCount !== 1) throw notNow(asked)
    const started = await access.start(asked.role, asked.minutes, asked.account, id)
    await pool.query(
      `update access_request set database_role = $2, ends_at = to_timestamp($3 / 1000.0)
        where id = $1`,
      [id, started.role, started.untilMs],
    )
    const detail = { request: id, databaseRole: started.role }
    await this.#desk.record('ACCESS_STARTED', asked.account, detail)
    return started
  }

  /** @param by Its own account, or undefined for whoever may end any. */
  async end(id: string, by: string | undefined): Promise<void> {
    const { pool, access } = this.#desk.ports
    const asked = await this.#get(id)
    if (by !== undefined && asked.account !== by) throw notNow(asked)
    if (asked.databaseRole !== null) await access.end(asked.databaseRole)
    await pool.query(`update access_request set state = 'ended' where id = $1`, [id])
    await this.#desk.record('ACCESS_ENDED', asked.account, { request: id })
  }

  /** The newest first; those whose role is gone have ended. */
  async list(): Promise<readonly AccessRequest[]> {
    const { pool, access } = this.#desk.ports
    const live = await access.list()
    await pool.query(
      `update access_request set state = 'ended' where state = 'started'
        and database_role is not null and database_role <> all ($1)`,
      [live],
    )
    const { rows } = await pool.query<AccessRequest>(
      `select ${columns} from access_request r join account a on a.id = r.account_id
        order by r.requested_at desc limit 100`,
    )
    return rows
  }

  async #get(id: string): Promise<AccessRequest> {
    const { rows } = await this.#desk.ports.pool.query<AccessRequest>(
      `select ${columns} from access_request r join account a on a.id = r.account_id
        where r.id::text = $1`,
      [id],
    )
    if (rows[0]) return rows[0]
    const message = `there is no request ${id}; veilig access list shows them`
    throw new DeniedError('ACCESS_UNKNOWN', message, 'There is no such request.')
  }
}

function notNow({ id, state }: AccessRequest): DeniedError {
  const message = `request ${id} is ${state}, or too old, or somebody else's`
  return new DeniedError('ACCESS_NOT_NOW', message, 'That cannot be done with this request now.')
}
