/**
 * What changes while the gateway serves, in this process and in its workers: configuration and
 * certificate, keys of session tickets, what an authority was asked for. A change is done when all
 * processes have it; whoever begins later begins with it.
 *
 * @module
 */
import type { CertificateAndKey } from '#system/local-ca/authority.ts'
import type { KeyRing } from '#lib/key-ring.ts'
import type { CertificateRecord } from './acme/book.ts'
import type { OwnPorts, Upstreams } from './compose.ts'
import type { WebGatewayConfig } from './config.ts'
import type { Gateway } from './gateway.ts'
import type { Listeners } from './listeners.ts'
import type { TicketKeys } from './tickets/keys.ts'
import { WorkerDesk } from './workers/desk.ts'
import { plainSettings, plainTicketKeys, type Welcome } from './workers/messages.ts'

/** What can change while the gateway serves. */
export type Reloaded = {
  readonly config: WebGatewayConfig
  readonly certificate: CertificateAndKey
  readonly upstreams: Upstreams
  /** Without it those of before. */
  readonly deviceKeys?: KeyRing | undefined
}

/** As all processes have them. */
export type Settings = Reloaded & { readonly deviceKeys: KeyRing }

export class Changes {
  readonly desk: WorkerDesk
  readonly #gateway: Gateway
  readonly #ports: OwnPorts
  readonly #listeners: Listeners
  #settings: Settings

  constructor(gateway: Gateway, config: WebGatewayConfig, ports: OwnPorts, listeners: Listeners) {
    this.#gateway = gateway
    this.#ports = ports
    this.#listeners = listeners
    const { certificate, upstreams, deviceKeys } = ports
    this.#settings = { config, certificate, upstreams, deviceKeys }
    const welcome = (): Omit<Welcome, 'record'> => this.#welcome()
    this.desk = new WorkerDesk({ ...ports, metrics: gateway.metrics, welcome })
  }

  /**
   * Takes over a new configuration and certificate, all or nothing.
   *
   * @throws {FaultError} TLS_CERTIFICATE_INVALID; then all stays as it was.
   */
  async reload(next: Reloaded): Promise<void> {
    const { workers } = this.#settings.config // processes stay until the next start
    this.#gateway.certificates.change({ policy: next.config.tls.policy, base: next.certificate })
    const deviceKeys = next.deviceKeys ?? this.#settings.deviceKeys
    this.#gateway.reconfigure({ ...next, deviceKeys })
    this.#settings = { ...next, deviceKeys, config: { ...next.config, workers } }
    await this.desk.changeSettings(this.#settings)
  }

  async useTicketKeys(ticketKeys: TicketKeys): Promise<void> {
    this.#gateway.certificates.change({ ticketKeys })
    await this.desk.changeTicketKeys(ticketKeys)
  }

  /** Shows the certificate got by ACME, and answers its challenges. */
  async takeRecord(record: CertificateRecord): Promise<void> {
    const { challenges, certificates } = this.#gateway
    challenges.take(record)
    if (record.current) certificates.showFor(record.names, record.current)
    await this.desk.changeRecord(record)
  }

  #welcome(): Omit<Welcome, 'record'> {
    const { loginKey, csp } = this.#ports
    const { httpsPort, redirectPort = 0 } = this.#listeners
    return {
      settings: plainSettings(this.#settings),
      ticketKeys: plainTicketKeys(this.#gateway.certificates.ticketKeys),
      loginKey: Buffer.from(loginKey).toString('base64'),
      httpsPort,
      redirectPort,
      csp: csp ? { sites: [...csp.sites], decisions: csp.files.decisions } : null,
    }
  }
}
