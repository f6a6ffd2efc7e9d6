/**
 * What can be done with an account and a session: every decision of the login in one place.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { generateSecret, generateURI, verify } from 'otplib'
import { accountKey } from '#lib/lockout/device-cookie.ts'
import type { StaffConfig } from './config.ts'
import { keepRecoveryCodes, offerTotp, totpOf, useRecoveryCode, useStep } from './factors.ts'
import { askerOf } from './approvals.ts'
import type { RouteName, Stage } from './doors.ts'
import { Notices } from './notices.ts'
import { hashPassword, passwordFault, passwordIsRight, PasswordLanes } from './passwords.ts'
import { RECOVERY_CODES, SECOND_TRIES_MAX, type Role } from './policy.ts'
import type { StaffPorts } from './ports.ts'
import { seal, unseal } from './seal.ts'
import * as store from './store.ts'

const TOKEN_SIZE = 32
const NONCE_SIZE = 12
const CODE_SIZE = 8
const STEP_SECONDS = 30

/** Where somebody comes from. */
export type From = { readonly network: string; readonly device: string }

declare const begun: unique symbol
/** A session that was begun at a stage; only the desk makes one. */
export type Begun = { readonly token: string; readonly stage: Stage; readonly [begun]: true }

export class Desk {
  readonly config: StaffConfig
  readonly ports: StaffPorts
  readonly notices: Notices
  readonly #lanes = new PasswordLanes()

  constructor(config: StaffConfig, ports: StaffPorts) {
    this.config = config
    this.ports = ports
    this.notices = new Notices(this)
  }

  token(): string {
    return Buffer.from(this.ports.random(TOKEN_SIZE)).toString('base64url')
  }

  /** A person in the audit trail and in the counters: the same every time, and no name. */
  keyOf(name: string): string {
    return accountKey(this.ports.nameKey, 'console', name)
  }

  csrfOf(token: string): string {
    return csrfBy(this.ports.keys()[0], token)
  }

  /** A page that was open while keys changed is still good. */
  csrfIsRight(token: string, given: string): boolean {
    const bytes = Buffer.from(given)
    return this.ports.keys().some((key) => {
      const right = Buffer.from(csrfBy(key, token))
      return right.length === bytes.length && timingSafeEqual(right, bytes)
    })
  }

  async record(
    code: string,
    name: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.ports.trail.append([{ code, detail: { account: this.keyOf(name), ...more } }])
  }

  /** @returns The link, good once. */
  async invite(name: string, role: Role, by: string): Promise<string> {
    const { pool, clock, publicOrigin } = this.ports
    const token = this.token()
    const expiresMs = clock.nowMs() + this.config.invitationHours * 3_600_000
    await store.invite(pool, name, role, token, expiresMs)
    await this.record('STAFF_INVITED', name, { role, by })
    return `${publicOrigin}/invitation/${token}`
  }

  async disable(name: string, by: string): Promise<boolean> {
    const done = await store.disable(this.ports.pool, name)
    if (done) await this.record('STAFF_DISABLED', name, { by })
    return done
  }

  /** @param before The session it follows, which ends; the new one lives no longer than it did. */
  async begin<S extends Stage>(
    account: store.Account,
    stage: S,
    from: From,
    before?: store.Session,
  ): Promise<Begun> {
    const { pool, clock } = this.ports
    if (before) await store.endSession(pool, before.id, before.account.id)
    const token = this.token()
    const nowMs = clock.nowMs()
    const createdMs = before?.stage === 'full' ? before.createdMs : undefined
    await store.startSession(pool, {
      token,
      accountId: account.id,
      stage,
      ...from,
      nowMs,
      createdMs,
    })
    return { token, stage } as Begun
  }

  /** Whether the second proof was shown lately enough for a dangerous act. */
  isFresh({ provedMs }: store.Session): boolean {
    const ageMs = this.ports.clock.nowMs() - (provedMs ?? -Infinity)
    return ageMs < this.config.stepUpMinutes * 60_000
  }

  /** Whether the company's rule asks for another password now; by default none does. */
  passwordIsTooOld({ passwordChangedMs }: store.Account): boolean {
    const { forcedDays } = this.config
    if (forcedDays === undefined || passwordChangedMs === null) return false
    return this.ports.clock.nowMs() - passwordChangedMs > forcedDays * 86_400_000
  }

  /** The session of a token as it is now. */
  again(token: string): Promise<store.Session | undefined> {
    return this.session(token, true)
  }

  /** Who asked for what an address of two persons confirms. */
  askerOf(name: RouteName, id: string): Promise<string | undefined> {
    return askerOf(this.ports.pool, name, id)
  }

  /** A company of one has nobody else for its own requests; what erases or restores never so. */
  mayApproveOwn(name: RouteName): boolean {
    return name === 'POST /access/approve' && this.ports.selfApproval
  }

  /** @param used Whether this counts as using it: pages that renew themselves do not. */
  session(token: string, used: boolean): Promise<store.Session | undefined> {
    const { idleMinutes, absoluteHours } = this.config
    const { pool, clock } = this.ports
    return store.useSession(
      pool,
      token,
      clock.nowMs(),
      idleMinutes * 60_000,
      absoluteHours * 3_600_000,
      used,
    )
  }

  /**
   * The same work and the same answer, whether the account exists or not.
   *
   * @param known Whether the device has signed in before; strangers share one lane.
   * @returns The account; undefined when wrong; 'busy' when it was not looked at.
   */
  async password(
    name: string,
    password: string,
    known: boolean,
  ): Promise<store.Account | undefined | 'busy'> {
    const account = await store.accountByName(this.ports.pool, name)
    const kept = account?.state === 'active' ? (account.passwordHash ?? undefined) : undefined
    const right = await this.#lanes.run(known, () => passwordIsRight(kept, password))
    if (right === 'busy') return 'busy'
    await this.record(right ? 'STAFF_PASSWORD_RIGHT' : 'STAFF_PASSWORD_WRONG', name)
    return right ? account : undefined
  }

  /** @returns What is wrong with the new password; undefined when it holds from now on. */
  async newPassword(account: store.Account, password: string): Promise<string | undefined> {
    const fault = passwordFault(password, account.name)
    if (fault !== undefined) return fault
    const { pool, clock } = this.ports
    await store.setPassword(pool, account.id, await hashPassword(password), clock.nowMs())
    await this.record('STAFF_PASSWORD_CHANGED', account.name)
    return undefined
  }

  /** @returns The account, or what is wrong with the password or the invitation. */
  async accept(token: string, password: string): Promise<store.Account | { fault: string }> {
    const { pool, clock } = this.ports
    const gone = { fault: 'This invitation was used, or is too old. Please ask for a new one.' }
    const account = await store.invited(pool, token, clock.nowMs())
    if (!account) return gone
    const fault = passwordFault(password, account.name)
    if (fault !== undefined) return { fault }
    const hash = await hashPassword(password)
    const accepted = await store.acceptInvitation(pool, token, hash, clock.nowMs())
    if (accepted) await this.record('STAFF_INVITATION_USED', account.name)
    return accepted ?? gone
  }

  /** The seed to set up, as an authenticator app takes it. */
  async totpToSetUp(account: store.Account): Promise<{ seed: string; uri: string }> {
    const { pool, keys, random } = this.ports
    const fresh = seal(keys(), account.id, generateSecret(), random(NONCE_SIZE))
    const kept = await offerTotp(pool, account.id, fresh)
    const seed = unseal(keys(), account.id, kept.seed)
    const uri = generateURI({ issuer: this.config.issuer, label: account.name, secret: seed })
    return { seed, uri }
  }

  /** @param confirms Whether this is the code that sets it up. */
  async codeIsRight(account: store.Account, code: string, confirms: boolean): Promise<boolean> {
    const { pool, keys, clock } = this.ports
    const kept = await totpOf(pool, account.id)
    const plain = code.replaceAll(/\s/g, '')
    if (!kept || !/^\d{6}$/.test(plain) || (!kept.confirmed && !confirms)) return false
    const epoch = Math.floor(clock.nowMs() / 1000)
    const secret = unseal(keys(), account.id, kept.seed)
    const found = await verify({ secret, token: plain, epoch, epochTolerance: STEP_SECONDS })
    if (!found.valid) return false
    const step = Math.floor(epoch / STEP_SECONDS) + found.delta
    return useStep(pool, account.id, step, confirms)
  }

  /** The second proof of a login: a code of the app, or one of the codes on paper. */
  async second(session: store.Session, proof: string): Promise<'right' | 'wrong' | 'start-again'> {
    const { pool } = this.ports
    const { account } = session
    if ((await store.countTry(pool, session.id)) > SECOND_TRIES_MAX) {
      await store.endSession(pool, session.id, account.id)
      return 'start-again'
    }
    if (await this.proofIsRight(account, proof)) return 'right'
    await this.record('STAFF_SECOND_WRONG', account.name)
    this.notices.secondWrong(account)
    return 'wrong'
  }

  /** A code of the app, or one of those on paper. */
  async proofIsRight(account: store.Account, proof: string): Promise<boolean> {
    if (await this.codeIsRight(account, proof, false)) return true
    const code = proof.replaceAll(/[\s-]/g, '').toUpperCase()
    if (code.length <= 6 || !(await useRecoveryCode(this.ports.pool, account.id, code)))
      return false
    await this.record('STAFF_RECOVERY_CODE_USED', account.name)
    return true
  }

  /** After the first second proof: the account is active, and these codes are shown once. */
  async activate(account: store.Account, how: string): Promise<readonly string[]> {
    const codes = await this.newCodes(account)
    await store.activate(this.ports.pool, account.id)
    await this.record('STAFF_SECOND_SET_UP', account.name, { how })
    return codes
  }

  /** Ten codes on paper; those before open nothing any more. */
  async newCodes(account: store.Account): Promise<readonly string[]> {
    const { pool, random } = this.ports
    const codes = Array.from({ length: RECOVERY_CODES }, () =>
      Buffer.from(random(CODE_SIZE)).toString('hex').toUpperCase(),
    )
    await keepRecoveryCodes(pool, account.id, codes)
    return codes.map((code) => code.replaceAll(/(.{4})(?=.)/g, '$1-'))
  }
}

function csrfBy(key: Uint8Array, token: string): string {
  return createHmac('sha256', key).update(`csrf v1\0${token}`).digest('base64url')
}
