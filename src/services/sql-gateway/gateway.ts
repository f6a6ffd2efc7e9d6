/**
 * What the connections of a gateway have in common.
 *
 * @module
 */
import type { SecureContext } from 'node:tls'
import type { AuditDetail } from '#audit/trail.ts'
import type { Doorkeeper } from './access.ts'
import type { Admission } from './admission.ts'
import type { PersonalColumns } from './columns.ts'
import type { CancelKeys } from './cancel-keys.ts'
import type { ClientCertificates } from './certificates.ts'
import type { SqlGatewayConfig } from './config.ts'
import type { Connection } from './connection.ts'
import type { Peer } from './events.ts'
import type { Journal } from './journal.ts'
import type { SqlGatewayPorts } from './ports.ts'
import type { ScramFor } from './scram-for.ts'
import type { SessionOptions } from './session.ts'

/** What all connections of a gateway share. */
export type Gateway = {
  readonly config: SqlGatewayConfig
  readonly ports: SqlGatewayPorts
  readonly admission: Admission<Connection>
  readonly access: Doorkeeper
  /** Whether other processes answer on the same port. */
  readonly sharesPort: boolean
  readonly cancelKeys: CancelKeys<Connection>
  readonly secureContext: SecureContext
  /** Undefined where no client needs a certificate. */
  readonly certificates: ClientCertificates | undefined
  /** Records what somebody did who has not logged in; repeats are summed up. */
  readonly stranger: (code: string, address: string, detail: AuditDetail) => void
  readonly journal: Journal
  /** Ends SCRAM here; undefined to hand it through. */
  readonly scram: ScramFor | undefined
  readonly judgeFor: (user: string) => SessionOptions['judge']
  readonly personal: PersonalColumns
  readonly valuesFor: (peer: Peer) => SessionOptions['values']
  readonly left: (connection: Connection) => void
}
