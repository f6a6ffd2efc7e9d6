/**
 * What the processes of one SQL gateway tell each other. The first one keeps what there must be one
 * of; the others, its workers, are told by it and ask it. Nothing of this is ever on a disk, and no
 * statement ever passes here: each process has a book of its own.
 *
 * @module
 */
import type { Sanction } from '#lib/sanctions.ts'
import type { Breach } from '../access.ts'
import type { TableColumn } from '../columns.ts'
import type { SqlGatewayConfig } from '../config.ts'
import type { Haste } from '../pace.ts'
import type { Identity } from '../policy.ts'
import type { GatewayTls, Upstream } from '../ports.ts'

/** What can be changed while a gateway runs. */
export type Settings = {
  readonly config: SqlGatewayConfig
  readonly tls: GatewayTls
}

/** All a new worker must know. */
export type Welcome = Settings & {
  readonly upstream: Upstream
  readonly port: number
  /** Base64. */
  readonly cancelSecret: string
  /** Whether verifiers and names of columns may be asked for. */
  readonly asksVerifiers: boolean
  readonly asksColumns: boolean
}

/** A connection, as rules of connecting know it. */
export type Who = { readonly identity: Identity; readonly address: string }

/** What a worker asks of the first process. */
export type Asks = {
  welcome: readonly [null, Welcome]
  verifier: readonly [string, string | null]
  columns: readonly [string, readonly TableColumn[]]
  /** Given the number of the state it knows; null when that still holds. */
  sanctions: readonly [number, { version: number; all: readonly Sanction[] } | null]
  mayConnect: readonly [Who, readonly Breach[]]
  enter: readonly [Who, readonly Breach[]]
  leave: readonly [Who, null]
  /** Statements said, and whether they came too fast. */
  said: readonly [Who & { readonly statements: number }, PlainHaste]
}

export type PlainHaste = { readonly waitMs: number; readonly mode: Haste['mode'] | null }

/** What the first process tells a worker; it answers when it is so. */
export type Orders = {
  settings: readonly [Settings, null]
}
