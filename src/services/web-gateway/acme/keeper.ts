/**
 * Keeps one certificate fresh: small steps, each stored before the next, so that a crash anywhere
 * costs a repetition and never a key or an order. Of several gateways one holds the lease and
 * works; the others look now and then, and show what it got.
 *
 * Source: RFC 8555 §7.4 (how an order goes), RFC 9773 (when to renew).
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { FaultError, VeiligError } from '#lib/errors.ts'
import { dnsChallengeValue, keyAuthorization, thumbprint } from '#protocol/acme/jws.ts'
import type { Authorization, ChallengeType, Order } from '#protocol/acme/messages.ts'
import { momentIn, renewalId, retryAfterMs, usualRenewalMs } from '#protocol/acme/renewal.ts'
import { newKeyPem, signingRequest } from '#system/acme/certificates.ts'
import type { Account, AcmeClient } from '#system/acme/client.ts'
import type { Clock } from '#system/clock.ts'
import type { CertificateAndKey } from '#system/local-ca/authority.ts'
import type { CertificateBook, CertificateRecord, PendingOrder, Versioned } from './book.ts'

export type KeeperConfig = {
  readonly directoryUrl: string
  /** The first is the certificate's subject. */
  readonly names: readonly string[]
  readonly contact: readonly string[]
  readonly challenge: ChallengeType
  readonly profile?: string | undefined
}

/** Puts a TXT record there, or takes it away. */
export type DnsHook = (action: 'present' | 'remove', name: string, value: string) => Promise<void>

/** What the keeper asks of an ACME server. */
export type AcmeServer = Pick<
  AcmeClient,
  | 'account'
  | 'newOrder'
  | 'orders'
  | 'order'
  | 'authorization'
  | 'accept'
  | 'finalize'
  | 'certificate'
  | 'renewalWindow'
>

export type KeeperPorts = {
  readonly clock: Clock
  readonly acme: AcmeServer
  readonly book: CertificateBook
  /** Names this process among the gateways. */
  readonly holder: string
  /** In [0, 1). */
  readonly chance: () => number
  readonly dnsHook?: DnsHook | undefined
  /**
   * Told of the record when it changed: what to show, and which challenges to answer. The authority
   * is asked to look only when that is done, in every process.
   */
  readonly onRecord: (record: CertificateRecord) => void | Promise<void>
  readonly onIssued: (certificate: X509Certificate) => void
  readonly onFailure: (error: VeiligError, retryMs: number) => void
}

/** How long one step may take before another gateway takes over. */
const LEASE_MS = 120_000
/** How often a gateway without work looks at the book. */
const LOOK_MS = 15_000
/** When the book could not be read: its database may still be starting. */
const LOOK_AGAIN_MS = 2_000
/** While another gateway works. */
const LOOK_SOON_MS = 250
const POLL_MIN_MS = 20
const POLL_MAX_MS = 5_000
/** An order that is not done by then is given up. */
const ORDER_MAX_MS = 15 * 60_000
/** How often the authority is asked when to renew (RFC 9773 §4.3.2 allows what suits us). */
const ASK_EVERY_MS = 6 * 3_600_000

/** Another gateway was faster; nothing is wrong. */
class Overtaken extends Error {}

export class CertificateKeeper {
  readonly #config: KeeperConfig
  readonly #ports: KeeperPorts
  readonly #stop = new AbortController()
  #seen = 0
  #version = 0
  #record: CertificateRecord
  #done: Promise<void> | undefined

  constructor(config: KeeperConfig, ports: KeeperPorts) {
    this.#config = config
    this.#ports = ports
    this.#record = emptyRecord(config)
  }

  /** Works until it is stopped; what fails is told and tried again. */
  start(): Promise<void> {
    return (this.#done ??= this.#run())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#done?.catch(() => undefined)
  }

  /**
   * Looks at the book once and does what is due.
   *
   * @returns How long nothing need be done, in milliseconds.
   */
  async turn(): Promise<number> {
    await this.#take(await this.#ports.book.load())
    const nowMs = this.#ports.clock.nowMs()
    const { lease, pending, renewAtMs } = this.#record
    if (lease && lease.holder !== this.#ports.holder && lease.untilMs > nowMs) return LOOK_SOON_MS
    const { current, askAtMs } = this.#record
    if (!pending && nowMs < renewAtMs && (!current || nowMs < askAtMs)) {
      return Math.min(LOOK_MS, renewAtMs - nowMs)
    }
    if (pending && nowMs < renewAtMs) return Math.min(LOOK_MS, renewAtMs - nowMs)
    try {
      await this.#work()
    } catch (error) {
      if (error instanceof Overtaken) return LOOK_SOON_MS
      if (!(error instanceof VeiligError) || this.#stop.signal.aborted) throw error
      await this.#postpone(error)
    }
    return 0
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const waitMs = await this.turn().catch((cause: Error) => {
        const error = new FaultError('ACME_BOOK_FAILED', cause.message, { cause })
        if (!signal.aborted) this.#ports.onFailure(error, LOOK_AGAIN_MS)
        return LOOK_AGAIN_MS
      })
      await this.#ports.clock.sleep(Math.max(waitMs, 1), signal).catch(() => undefined)
    }
  }

  async #work(): Promise<void> {
    await this.#store({}) // takes the lease
    const { current, pending, askAtMs, renewAtMs } = this.#record
    const nowMs = this.#ports.clock.nowMs()
    if (current && !pending && nowMs >= askAtMs && nowMs < renewAtMs) return this.#askWhen(current)
    const account = await this.#account()
    const started = this.#record.pending
    const order = started ?? (await this.#begin())
    const url = order.url ?? (await this.#place(account, order, started !== undefined))
    await this.#finish(account, url)
  }

  async #account(): Promise<Account> {
    if (!this.#record.accountKeyPem) await this.#store({ accountKeyPem: newKeyPem() })
    const keyPem = this.#record.accountKeyPem ?? ''
    const { accountUrl } = this.#record
    if (accountUrl !== undefined) return { keyPem, url: accountUrl }
    const url = await this.#ports.acme.account(keyPem, this.#config.contact)
    await this.#store({ accountUrl: url })
    return { keyPem, url }
  }

  async #begin(): Promise<PendingOrder> {
    const startedMs = this.#ports.clock.nowMs()
    const pending = { keyPem: newKeyPem(), startedMs, challenges: [] }
    await this.#store({ pending })
    return pending
  }

  /** @param maybePlaced Whether an earlier try may have placed one, and not lived to store it. */
  async #place(account: Account, pending: PendingOrder, maybePlaced: boolean): Promise<string> {
    const { acme } = this.#ports
    const { names } = this.#record
    const placed = maybePlaced ? await this.#unfinished(account) : undefined
    const { current } = this.#record
    const replaces = current ? safeRenewalId(current) : undefined
    const options = { profile: this.#config.profile, replaces }
    const url = placed ?? (await acme.newOrder(account, names, options))
    await this.#store({ pending: { ...pending, url } })
    return url
  }

  /** An order for our names that waits for us already. */
  async #unfinished(account: Account): Promise<string | undefined> {
    const { acme } = this.#ports
    const wanted = [...this.#record.names].sort().join()
    for (const url of await acme.orders(account)) {
      const order = await acme.order(account, url)
      const waits = order.status === 'pending' || order.status === 'ready'
      if (waits && [...order.names].sort().join() === wanted) return url
    }
    return undefined
  }

  async #finish(account: Account, url: string): Promise<void> {
    const { acme } = this.#ports
    let order = await this.#until(
      () => acme.order(account, url),
      ({ status }) => status !== 'processing',
    )
    if (order.status === 'pending') {
      for (const each of order.authorizations) await this.#prove(account, each)
      order = await this.#until(
        () => acme.order(account, url),
        ({ status }) => status !== 'pending',
      )
    }
    if (order.status === 'ready') {
      const csr = await signingRequest(this.#record.names, this.#record.pending?.keyPem ?? '')
      await acme.finalize(account, order.finalize, csr)
      order = await this.#until(
        () => acme.order(account, url),
        ({ status }) => status === 'valid' || status === 'invalid',
      )
    }
    await this.#collect(account, order)
  }

  async #prove(account: Account, authorizationUrl: string): Promise<void> {
    const { acme, dnsHook } = this.#ports
    const first = await acme.authorization(account, authorizationUrl)
    if (first.status === 'valid') return
    const challenge = first.challenges.find(({ type }) => type === this.#config.challenge)
    if (!challenge) {
      const message = `${first.name} cannot be proven by ${this.#config.challenge}`
      throw new FaultError('ACME_REFUSED', message)
    }
    const owner = thumbprint(createPrivateKey(account.keyPem))
    const authorization = keyAuthorization(challenge.token, owner)
    const { pending } = this.#record
    if (!pending) return
    const others = pending.challenges.filter(({ name }) => name !== first.name)
    const challenges = [...others, { name: first.name, authorization }]
    await this.#store({ pending: { ...pending, challenges } })
    const record = [`_acme-challenge.${first.name}`, dnsChallengeValue(authorization)] as const
    const byDns = this.#config.challenge === 'dns-01'
    if (byDns) await dnsHook?.('present', ...record)
    try {
      await acme.accept(account, challenge.url)
      const settled = await this.#until(
        () => acme.authorization(account, authorizationUrl),
        ({ status }) => status !== 'pending',
      )
      refuseInvalid(settled)
    } finally {
      if (byDns) await dnsHook?.('remove', ...record)
    }
  }

  async #collect(account: Account, order: Order): Promise<void> {
    const keyPem = this.#record.pending?.keyPem ?? ''
    if (order.status !== 'valid' || order.certificate === undefined) {
      throw new FaultError('ACME_REFUSED', `the order ended ${order.status}`)
    }
    const certificatePem = await this.#ports.acme.certificate(account, order.certificate)
    const certificate = checked({ certificatePem, keyPem }, this.#record.names)
    const nowMs = this.#ports.clock.nowMs()
    await this.#store(
      {
        current: { certificatePem, keyPem },
        pending: undefined,
        failures: 0,
        renewAtMs: usualRenewalMs(
          certificate.validFromDate.getTime(),
          certificate.validToDate.getTime(),
        ),
        askAtMs: nowMs,
      },
      'release',
    )
    this.#ports.onIssued(certificate)
  }

  /** Asks the authority when it wants to see us again; an unanswered question changes nothing. */
  async #askWhen(current: CertificateAndKey): Promise<void> {
    const { acme, clock, chance } = this.#ports
    const id = safeRenewalId(current)
    const window =
      id === undefined ? undefined : await acme.renewalWindow(id).catch(() => undefined)
    const nowMs = clock.nowMs()
    const certificate = new X509Certificate(current.certificatePem)
    const lastMs = (certificate.validToDate.getTime() + nowMs) / 2
    const suggestedMs = window ? momentIn(window, chance()) : this.#record.renewAtMs
    const renewAtMs = Math.min(suggestedMs, Math.max(lastMs, this.#record.renewAtMs))
    await this.#store({ renewAtMs, askAtMs: nowMs + ASK_EVERY_MS }, 'release')
  }

  /** Something failed: the order is kept while it can still succeed, and tried again later. */
  async #postpone(error: VeiligError): Promise<void> {
    const { clock, onFailure } = this.#ports
    const { current, pending } = this.#record
    const nowMs = clock.nowMs()
    const failures = this.#record.failures + 1
    const leftMs = current
      ? new X509Certificate(current.certificatePem).validToDate.getTime() - nowMs
      : Infinity
    const retryMs = retryAfterMs(failures, leftMs)
    const dead = error.code === 'ACME_REFUSED' || nowMs - (pending?.startedMs ?? 0) > ORDER_MAX_MS
    const renewAtMs = nowMs + retryMs
    const kept = dead ? undefined : pending
    await this.#store({ failures, renewAtMs, pending: kept }, 'release').catch(ignoreOvertaken)
    onFailure(error, retryMs)
  }

  /** Polls, each time a little later. @throws {FaultError} ACME_UNREACHABLE when it takes long. */
  async #until<T>(ask: () => Promise<T>, enough: (answer: T) => boolean): Promise<T> {
    const { clock } = this.#ports
    const endMs = clock.monotonicMs() + LEASE_MS / 2
    for (let waitMs = POLL_MIN_MS; ; waitMs = Math.min(waitMs * 1.5, POLL_MAX_MS)) {
      const answer = await ask()
      if (enough(answer)) return answer
      if (clock.monotonicMs() > endMs) {
        throw new FaultError('ACME_UNREACHABLE', 'the ACME server takes too long to decide')
      }
      await clock.sleep(waitMs, this.#stop.signal)
    }
  }

  /** Stores a step and keeps the lease, or gives it back. @throws {Overtaken} */
  async #store(change: Partial<CertificateRecord>, lease?: 'release'): Promise<void> {
    const { book, clock, holder } = this.#ports
    const held = { holder, untilMs: clock.nowMs() + LEASE_MS }
    const next = { ...this.#record, ...change, lease: lease === 'release' ? undefined : held }
    if (!(await book.store(next, this.#version))) throw new Overtaken()
    await this.#take({ version: this.#version + 1, record: next })
  }

  async #take(found: Versioned | undefined): Promise<void> {
    this.#version = found?.version ?? 0
    const { directoryUrl, names } = this.#config
    const ours = found?.record.directoryUrl === directoryUrl
    const same = ours && found.record.names.join() === names.join()
    // Other names or another authority: what serves still serves, and all else begins anew.
    const { current, lease } = found?.record ?? {}
    const account = ours ? accountOf(found.record) : {}
    this.#record = same
      ? found.record
      : { ...emptyRecord(this.#config), ...account, current, lease }
    if (this.#version === this.#seen && this.#seen > 0) return
    this.#seen = this.#version
    await this.#ports.onRecord(this.#record)
  }
}

function emptyRecord({ directoryUrl, names }: KeeperConfig): CertificateRecord {
  return { directoryUrl, names, renewAtMs: 0, askAtMs: 0, failures: 0 }
}

function accountOf({ accountKeyPem, accountUrl }: CertificateRecord): Partial<CertificateRecord> {
  return { accountKeyPem, accountUrl }
}

function ignoreOvertaken(error: unknown): void {
  if (!(error instanceof Overtaken)) throw error
}

function refuseInvalid({ name, status, problem }: Authorization): void {
  if (status === 'valid') return
  throw new FaultError('ACME_REFUSED', `${name} is ${status}: ${problem ?? 'no reason given'}`)
}

function safeRenewalId({ certificatePem }: CertificateAndKey): string | undefined {
  try {
    return renewalId(certificatePem)
  } catch {
    return undefined // a certificate that names no issuer's key has no place in RFC 9773
  }
}

/** @throws {FaultError} ACME_REFUSED when the certificate is not the one we asked for. */
function checked(pair: CertificateAndKey, names: readonly string[]): X509Certificate {
  const certificate = new X509Certificate(pair.certificatePem)
  const named = certificate.subjectAltName?.split(', ') ?? []
  const complete = names.every((name) => named.includes(`DNS:${name}`))
  if (complete && certificate.checkPrivateKey(createPrivateKey(pair.keyPem))) return certificate
  throw new FaultError('ACME_REFUSED', 'the certificate is not for our key and our names')
}
