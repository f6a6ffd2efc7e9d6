/**
 * The data folder: every file Veilig keeps, in one table.
 *
 * `secrets/NAME/` holds what process NAME alone may read. Nothing else in the data folder is secret
 * except PostgreSQL's own files; regions hold only ciphertext.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SOCKET_DIR_MAX } from '#system/postgres/cluster.ts'

/** Who restores to a folder of his own, and removes it after: a service, or a person's command. */
export type ScratchName = 'drill' | 'drill-man' | 'restore-table'

export type Paths = {
  readonly data: string
  /** PGDATA of the protected and of the control cluster. */
  readonly cluster: (name: 'protected' | 'control') => string
  /** Socket folder of a cluster. */
  readonly clusterSocket: (name: 'protected' | 'control' | ScratchName) => string
  /** Unix socket on which a service listens for its neighbours. */
  readonly socket: (service: string) => string
  readonly log: (process: string) => string
  /** Secrets of one process: its keys and passwords, mode 0600. */
  readonly secret: (process: string, file: string) => string
  /** Counts of failed logins at a door. */
  readonly lockout: (door: string) => string
  /** What the web gateway has learned of pages, and which of their policies are enforced. */
  readonly csp: string
  /** Certificates that the web-gateway showed, and those in public logs that it told of. */
  readonly issuance: string
  /** What the demonstration's application keeps beside its database. */
  readonly application: string
  /** Certificate of the local authority, public. */
  readonly caCertificate: string
  /** Audit books, one folder a writing process. */
  readonly audit: string
  /** Checkpoints of the books, signed by the seal and the witnesses. */
  readonly seal: string
  /** What detection decided against sessions, addresses and roles; the gateways obey it. */
  readonly sanctions: string
  /** WAL received and not yet in every region. */
  readonly spool: string
  readonly region: (name: string) => string
  /** The log of signed evidence. */
  readonly evidence: string
  /** What was measured for each customer; the trust page shows each its own. */
  readonly customers: string
  /** Signed receipts of drills and verifications; every region has them too. */
  readonly receipts: string
  /** What the prober noted of the protected database, for drills to compare. */
  readonly facts: string
  /** Where a drill restores to, or whoever wants one table back. Removed after. */
  readonly drill: (who: ScratchName) => string
}

/** @param data Absolute path of the data folder. */
export function pathsIn(data: string): Paths {
  const run = runFolder(data)
  return {
    data,
    cluster: (name) => join(data, 'postgres', name),
    clusterSocket: (name) => join(run, name),
    socket: (service) => join(run, `${service}.sock`),
    log: (process) => join(data, 'log', `${process}.log`),
    secret: (process, file) => join(data, 'secrets', process, file),
    lockout: (door) => join(data, 'lockout', door),
    csp: join(data, 'csp'),
    issuance: join(data, 'issuance.json'),
    application: join(data, 'application'),
    caCertificate: join(data, 'ca', 'ca.pem'),
    audit: join(data, 'audit'),
    seal: join(data, 'seal'),
    sanctions: join(data, 'detection', 'sanctions.json'),
    spool: join(data, 'spool'),
    region: (name) => join(data, 'regions', name),
    evidence: join(data, 'evidence'),
    customers: join(data, 'customers'),
    receipts: join(data, 'receipts'),
    facts: join(data, 'facts'),
    drill: (who) => join(data, 'drill', who),
  }
}

/** Sockets live in the data folder, unless its path is too long for the kernel. */
function runFolder(data: string): string {
  const run = join(data, 'run')
  if (Buffer.byteLength(join(run, 'protected')) <= SOCKET_DIR_MAX) return run
  return join('/tmp', `veilig-${createHash('sha256').update(data).digest('hex').slice(0, 16)}`)
}
