/**
 * What the SQL gateway needs from others; `cli/run/sql-gateway.ts` supplies it.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import type { Sanction } from '#lib/sanctions.ts'
import type { Clock } from '#system/clock.ts'
import type { Access, Doorkeeper } from './access.ts'
import type { ColumnsOf } from './columns.ts'

/** Where the server is. */
export type Upstream =
  /** A private socket: what passes there needs no encryption. */
  | { readonly socketDir: string; readonly port: number }
  | {
      readonly host: string
      readonly port: number
      /** Undefined only for a network nobody else is on. */
      readonly tls?: {
        /** PEM of the authorities that may vouch for the server. */
        readonly ca: string
        /** Name in the server's certificate; `host` when undefined. */
        readonly servername?: string | undefined
      }
    }

/** What clients are shown. PEM, leaf first, and its key. */
export type GatewayTls = { readonly certificate: string; readonly key: string }

export type SqlGatewayPorts = {
  readonly trail: AuditTrail
  readonly clock: Clock
  /** TCP port to listen on; 0 for any free one. */
  readonly port: number
  readonly tls: GatewayTls
  readonly upstream: Upstream
  /**
   * What the server keeps in place of a role's password (`rolpassword`); undefined when there is no
   * such role, or it may not log in. With it SCRAM ends here and channel binding works; without,
   * it is handed through.
   *
   * @throws {FaultError} DB_UPSTREAM_UNREACHABLE.
   */
  readonly verifierOf?: ((user: string) => Promise<string | undefined>) | undefined
  /** What detection decided, when it changed since it was asked last; undefined otherwise. */
  readonly sanctions?: (() => Promise<readonly Sanction[] | undefined>) | undefined
  /**
   * What cancel keys are made with, the same for all processes behind one port; undefined to derive
   * it from the key of the certificate.
   */
  readonly cancelSecret?: Uint8Array | undefined
  /** Who counts connections, given what is known here; undefined to count here. */
  readonly doorkeeper?: ((own: Access) => Doorkeeper) | undefined
  /** Names of the columns; without it only what a result calls its columns is known. */
  readonly columnsOf?: ColumnsOf | undefined
}
