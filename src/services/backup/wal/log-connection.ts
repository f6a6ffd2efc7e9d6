/**
 * What the receiver needs of a connection: a server's, or a simulated one's.
 *
 * @module
 */
import type { ReplicationConnection } from '../replication/connection.ts'

export type LogConnection = Disposable &
  Pick<
    ReplicationConnection,
    | 'identifySystem'
    | 'major'
    | 'next'
    | 'query'
    | 'sendCopyData'
    | 'sendCopyDone'
    | 'show'
    | 'startCopyBoth'
    | 'take'
  >

/** Opens one; it ends at once when `signal` aborts. @throws {FaultError} DATABASE_…. */
export type ConnectLog = (signal: AbortSignal) => Promise<LogConnection>
