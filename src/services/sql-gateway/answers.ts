/**
 * What a client hears when the gateway ends its connection: one table, SQLSTATE and what to do.
 *
 * @module
 */
import { DeniedError, FaultError, type VeiligError } from '#lib/errors.ts'
import { encodeFatal } from '#protocol/postgres/encode.ts'

/** Code → SQLSTATE and hint. The sentence is the error's own public one. */
const denied: Readonly<Record<string, readonly [sqlstate: string, hint: string]>> = {
  DB_ACCESS_DENIED: ['28000', 'The operator sets the rules in sqlGateway.connect.'],
  DB_ADDRESS_FULL: ['53300', 'Close some connections, or use a pool.'],
  DB_CERTIFICATE_DENIED: ['28000', 'Connect with sslcert and sslkey; the operator names it.'],
  DB_FUNCTION_CALL_DENIED: ['0A000', ''],
  DB_LOGINS_FULL: ['53300', ''],
  DB_LOGIN_TIMEOUT: ['57014', ''],
  DB_REPLICATION_DENIED: ['28000', 'The operator names such users in sqlGateway.replicationRoles.'],
  DB_ROLE_FULL: ['53300', 'Close some sessions, or use a pool.'],
  DB_ROWS_LIMIT: ['54000', 'Ask for less at a time; the operator sets the limit.'],
  DB_SERVER_AUTH_WEAK: ['28000', 'The line of pg_hba.conf for this user must say scram-sha-256.'],
  DB_SESSION_ENDED: ['57P01', 'Ask the operator of this database.'],
  DB_SESSIONS_FULL: ['53300', ''],
  DB_TLS_REQUIRED: ['28000', 'Connect with sslmode=verify-full, or at least sslmode=require.'],
  DB_USER_MISSING: ['28000', ''],
  PG_VERSION_UNSUPPORTED: ['0A000', ''],
}

/** Code → SQLSTATE and sentence, for errors that say nothing to a peer themselves. */
const others: Readonly<Record<string, readonly [sqlstate: string, message: string]>> = {
  AUDIT_WRITE_FAILED: ['58030', 'The audit trail cannot be written, so nothing may pass.'],
  DB_UPSTREAM_UNREACHABLE: ['57P03', 'The database server cannot be reached now.'],
  PG_TEXT_NUL: ['08P01', 'SQL text must not contain a zero byte.'],
}

/** The FATAL that ends a connection for this error. */
export function fatalFor(error: VeiligError): Uint8Array {
  const known = denied[error.code]
  if (error instanceof DeniedError && known) {
    return encodeFatal(known[0], error.publicMessage, known[1])
  }
  const [sqlstate, message] = others[error.code] ?? ['08P01', 'The protocol was broken.']
  return encodeFatal(sqlstate, message)
}

export function tooLate(): DeniedError {
  return new DeniedError('DB_LOGIN_TIMEOUT', 'it took too long', 'The login took too long.')
}

export function serverLeft(): FaultError {
  return new FaultError('DB_UPSTREAM_UNREACHABLE', 'the server closed the connection at login')
}
