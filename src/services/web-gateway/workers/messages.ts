/**
 * What the processes of one gateway tell each other. The first one keeps what there must be one of;
 * the others, its workers, are told by it and ask it. Nothing of this is ever on a disk.
 *
 * @module
 */
import type { AuditEvent } from '#audit/trail.ts'
import type { Admission, LoginAttempt, Outcome, Settlement, Ticket } from '#lib/lockout/lockout.ts'
import type { CertificateAndKey } from '#system/local-ca/authority.ts'
import type { CertificateRecord } from '../acme/book.ts'
import type { WebGatewayConfig } from '../config.ts'
import type { Metrics } from '../metrics.ts'
import type { UpstreamAddress, UpstreamGroup } from '../ports.ts'
import type { RateQuestion } from '#lib/rates.ts'
import type { Settings } from '../changes.ts'
import type { TicketKeys } from '../tickets/keys.ts'

/** `Settings`, as JSON can carry it. */
export type PlainSettings = {
  readonly config: WebGatewayConfig
  readonly certificate: CertificateAndKey
  readonly upstreams: readonly (readonly [string, UpstreamAddress | UpstreamGroup])[]
  /** Base64. */
  readonly deviceKeys: readonly [string, ...string[]]
}

/** Base64. */
export type PlainTicketKeys = {
  readonly current: string
  readonly previous?: string | undefined
  readonly next?: string | undefined
}

/** All a new worker must know. */
export type Welcome = {
  readonly settings: PlainSettings
  readonly ticketKeys: PlainTicketKeys
  readonly record: CertificateRecord | null
  /** Base64. */
  readonly loginKey: string
  readonly httpsPort: number
  readonly redirectPort: number
  /** Sites whose policy is learned, and the folder's file of what people decided. */
  readonly csp: {
    readonly sites: readonly (readonly [string, string])[]
    readonly decisions: string
  } | null
}

/** What a worker asks of the first process. */
export type Asks = {
  welcome: readonly [null, Welcome]
  loginBegin: readonly [LoginAttempt, Admission]
  loginSettle: readonly [{ readonly ticket: Ticket; readonly outcome: Outcome }, Settlement]
  /** Milliseconds to wait; 0 when it may pass. */
  rate: readonly [RateQuestion, number]
  audit: readonly [readonly AuditEvent[], null]
}

/** What the first process tells a worker; it answers when it is so. */
export type Orders = {
  settings: readonly [PlainSettings, null]
  ticketKeys: readonly [PlainTicketKeys, null]
  record: readonly [CertificateRecord, null]
  metrics: readonly [null, Metrics]
}

export function plainSettings({ deviceKeys, upstreams, ...same }: Settings): PlainSettings {
  const [first, ...others] = deviceKeys.map((key) => Buffer.from(key).toString('base64'))
  return { ...same, upstreams: [...upstreams], deviceKeys: [first ?? '', ...others] }
}

export function settingsFrom({ deviceKeys, upstreams, ...same }: PlainSettings): Settings {
  const [first, ...others] = deviceKeys
  const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64')
  return {
    ...same,
    upstreams: new Map(upstreams),
    deviceKeys: [bytes(first), ...others.map(bytes)],
  }
}

export function plainTicketKeys({ current, previous, next }: TicketKeys): PlainTicketKeys {
  const text = (key: Buffer | undefined): string | undefined => key?.toString('base64')
  return { current: current.toString('base64'), previous: text(previous), next: text(next) }
}

export function ticketKeysFrom({ current, previous, next }: PlainTicketKeys): TicketKeys {
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64')
  return {
    current: bytes(current),
    previous: previous === undefined ? undefined : bytes(previous),
    next: next === undefined ? undefined : bytes(next),
  }
}
