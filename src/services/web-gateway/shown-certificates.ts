/**
 * The certificates the gateway shows, and how they change while connections go on: a handshake
 * takes what is shown at its moment, and nobody already connected notices.
 *
 * @module
 */
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { FaultError } from '#lib/errors.ts'
import type { CertificateAndKey } from '#system/local-ca/authority.ts'
import type { TicketKeys } from './tickets/keys.ts'
import { tlsPolicies, type TlsPolicyName } from './tls-policy.ts'

const SESSION_SECONDS = 7200
/** Remembered for the watch of public logs; what is older it has long asked for. */
const SHOWN_MAX = 100

/** What OpenSSL is told, beside the names. */
export type ContextOptions = SecureContextOptions & { readonly sessionIdContext: string }

type Named = {
  readonly names: readonly string[]
  readonly pair: CertificateAndKey
  context: SecureContext
}

export class ShownCertificates {
  #policy: TlsPolicyName
  #base: CertificateAndKey
  #ticketKeys: TicketKeys
  #named: Named | undefined
  readonly #listeners: (() => void)[] = []
  readonly #everShown = new Set<string>()

  /**
   * @param base Shown to whoever asks for no name that another certificate has.
   * @throws {FaultError} TLS_CERTIFICATE_INVALID.
   */
  constructor(policy: TlsPolicyName, base: CertificateAndKey, ticketKeys: TicketKeys) {
    this.#policy = policy
    this.#base = base
    this.#ticketKeys = ticketKeys
    contextOf(this.options('current'))
    this.#remember(base)
  }

  /** Every certificate shown since the start, PEM, the newest hundred. */
  get shownPem(): readonly string[] {
    return [...this.#everShown]
  }

  get ticketKeys(): TicketKeys {
    return this.#ticketKeys
  }

  /** For the servers: of the base certificate, and of one of the keys of tickets. */
  options(key: keyof TicketKeys): ContextOptions {
    return optionsOf(this.#policy, this.#base, this.#ticketKeys[key])
  }

  /** Called whenever the base certificate, the policy or the keys of tickets change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** @throws {FaultError} TLS_CERTIFICATE_INVALID; all stays as it was then. */
  change(change: {
    readonly policy?: TlsPolicyName
    readonly base?: CertificateAndKey
    readonly ticketKeys?: TicketKeys
  }): void {
    const policy = change.policy ?? this.#policy
    const base = change.base ?? this.#base
    const ticketKeys = change.ticketKeys ?? this.#ticketKeys
    contextOf(optionsOf(policy, base, ticketKeys.current)) // or it throws, before a change
    this.#policy = policy
    this.#base = base
    this.#remember(base)
    this.#ticketKeys = ticketKeys
    if (this.#named) this.#named.context = contextOf(this.#optionsFor(this.#named.pair))
    for (const listener of this.#listeners) listener()
  }

  /**
   * Shows this certificate to whoever asks for one of its names.
   *
   * @throws {FaultError} TLS_CERTIFICATE_INVALID; all stays as it was then.
   */
  showFor(names: readonly string[], pair: CertificateAndKey): void {
    if (this.#named?.pair.certificatePem === pair.certificatePem) return
    this.#named = { names, pair, context: contextOf(this.#optionsFor(pair)) }
    this.#remember(pair)
  }

  /** @returns Undefined for the base certificate. */
  contextFor(serverName: string): SecureContext | undefined {
    const named = this.#named
    if (!named) return undefined
    const parent = serverName.slice(serverName.indexOf('.') + 1)
    const fits = named.names.some((name) => name === serverName || name === `*.${parent}`)
    return fits ? named.context : undefined
  }

  #remember({ certificatePem }: CertificateAndKey): void {
    this.#everShown.delete(certificatePem)
    this.#everShown.add(certificatePem)
    for (const oldest of this.#everShown) {
      if (this.#everShown.size <= SHOWN_MAX) break
      this.#everShown.delete(oldest)
    }
  }

  #optionsFor(pair: CertificateAndKey): ContextOptions {
    return optionsOf(this.#policy, pair, this.#ticketKeys.current)
  }
}

function optionsOf(
  policy: TlsPolicyName,
  pair: CertificateAndKey,
  ticketKeys: Buffer | undefined,
): ContextOptions {
  return {
    ...tlsPolicies[policy],
    cert: pair.certificatePem,
    key: pair.keyPem,
    sessionTimeout: SESSION_SECONDS,
    sessionIdContext: 'veilig',
    ...(ticketKeys ? { ticketKeys } : {}),
  }
}

/** @throws {FaultError} TLS_CERTIFICATE_INVALID. */
export function contextOf(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options)
  } catch (cause) {
    const message = `the certificate or its key cannot be used: ${(cause as Error).message}`
    throw new FaultError('TLS_CERTIFICATE_INVALID', message, { cause })
  }
}
