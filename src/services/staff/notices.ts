/**
 * Notices to the owner of an account: somebody tries to get in, and "it wasn't me".
 *
 * A notice never keeps an answer waiting, so that no stranger learns from the time it takes whether
 * there is an account; and one account gets one in six hours, so that nobody is bombed with them.
 * Whose name is no address of mail finds it on the page of the account.
 *
 * @module
 */
import type { Desk } from './desk.ts'
import { accountByName, endSessions, setPassword, type Account } from './store.ts'
import { keepLink, linkOf, notedNow, useLink } from './links.ts'

const EVERY_MS = 6 * 3_600_000
const LINK_HOURS = 24
const KEYS_MAX = 10_000

const words = {
  refused: [
    'Somebody tries passwords on your account',
    'So many wrong passwords were tried on your account that strangers have to wait now. Devices ' +
      'you signed in with before are not affected, and a passkey always works.',
  ],
  second: [
    'Somebody may know your password',
    'Your right password was given, and then a wrong second proof. Nobody got in.',
  ],
} as const

export class Notices {
  readonly #desk: Desk
  /** When a name was last looked at, by its key: a flood of refusals asks the database once. */
  readonly #looked = new Map<string, number>()

  constructor(desk: Desk) {
    this.#desk = desk
  }

  /** Strangers are locked out of the account of this name, if there is one. */
  refused(name: string): void {
    const key = this.#desk.keyOf(name)
    const nowMs = this.#desk.ports.clock.nowMs()
    if (nowMs - (this.#looked.get(key) ?? -Infinity) < EVERY_MS) return
    if (this.#looked.size >= KEYS_MAX) this.#looked.clear()
    this.#looked.set(key, nowMs)
    this.#aside(async () => {
      const account = await accountByName(this.#desk.ports.pool, name.trim().toLowerCase())
      if (account?.state === 'active') await this.#notice(account, 'refused')
    })
  }

  secondWrong(account: Account): void {
    this.#aside(() => this.#notice(account, 'second'))
  }

  /** Whose link it is, while it is good. */
  async ownerOf(token: string): Promise<Account | undefined> {
    const { pool, clock } = this.#desk.ports
    return (await linkOf(pool, 'not-me', token, clock.nowMs()))?.account
  }

  /**
   * "It wasn't me": every session of the account ends and its password opens nothing any more. The
   * link stays good for choosing another one, with the second proof.
   *
   * @returns How many sessions ended; undefined when the link is not good.
   */
  async notMe(token: string): Promise<number | undefined> {
    const { pool, clock } = this.#desk.ports
    const account = await this.ownerOf(token)
    if (!account) return undefined
    const ended = await endSessions(pool, account.id)
    await setPassword(pool, account.id, undefined, clock.nowMs())
    await this.#desk.record('STAFF_NOT_ME', account.name, { sessionsEnded: String(ended) })
    return ended
  }

  /** @returns What is wrong (`wrong`: a proof); undefined when it holds, and the link is used. */
  async renew(token: string, code: string, password: string): Promise<string | undefined> {
    const { pool, clock } = this.#desk.ports
    const account = await this.ownerOf(token)
    if (!account || !(await this.#desk.proofIsRight(account, code))) return 'wrong'
    const fault = await this.#desk.newPassword(account, password)
    if (fault === undefined) await useLink(pool, token, clock.nowMs())
    return fault
  }

  /** Tells every owner and operator, and the team, at once. @returns How many got a mail. */
  async brokenGlass(by: string, role: string, reason: string): Promise<number> {
    const { pool, sendMail, tellTeam, publicOrigin, onFault } = this.#desk.ports
    const text = `${by} broke the glass: ${role} in the database without an approval. ${reason}`
    await this.#desk.record('BREAK_GLASS_TOLD', by, { role })
    await tellTeam?.(text, `${publicOrigin}/access`).catch((error: unknown) =>
      onFault('team', error),
    )
    const { rows } = await pool.query<{ name: string }>(
      `select name from account where state = 'active' and role in ('owner', 'operator')
         and name like '%@%' order by name limit 50`,
    )
    let told = 0
    for (const { name } of sendMail ? rows : []) {
      await sendMail?.({ to: name, subject: 'Somebody broke the glass', text }).then(
        () => told++,
        (error: unknown) => onFault('mail', error),
      )
    }
    return told
  }

  async #notice(account: Account, kind: keyof typeof words): Promise<void> {
    const { pool, clock, random, publicOrigin, sendMail } = this.#desk.ports
    const nowMs = clock.nowMs()
    if (!(await notedNow(pool, account.id, nowMs, EVERY_MS))) return
    const token = Buffer.from(random(32)).toString('base64url')
    const untilMs = nowMs + LINK_HOURS * 3_600_000
    await keepLink(pool, { token, kind: 'not-me', accountId: account.id, untilMs })
    const [subject, what] = words[kind]
    const text =
      `${what}\n\nWas it you? Then there is nothing to do.\n\nIt wasn't me: end all sessions ` +
      `and choose another password (good for a day):\n${publicOrigin}/not-me/${token}\n`
    const mailed = account.name.includes('@') && sendMail !== undefined
    await this.#desk.record('STAFF_NOTICED', account.name, { kind, mailed: String(mailed) })
    if (mailed) await sendMail({ to: account.name, subject, text })
  }

  #aside(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#desk.ports.onFault('notice', error))
  }
}
