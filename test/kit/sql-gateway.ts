/** A SQL gateway as the ring runs it, before a test server, with an authority of its own. */
import type { AuditTrail } from '#audit/trail.ts'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { systemClock } from '#system/clock.ts'
import { sqlGatewayConfig } from '#services/sql-gateway/config.ts'
import type { GatewayTls, SqlGatewayPorts, Upstream } from '#services/sql-gateway/ports.ts'
import { serve, type RunningSqlGateway } from '#services/sql-gateway/serve.ts'
import { RecordingTrail } from './recording-trail.ts'

const nowMs = Date.now()
const authority = await createLocalAuthority(nowMs)
const { certificatePem, keyPem } = await issueCertificate(
  authority,
  ['localhost', '127.0.0.1', '::1'],
  nowMs,
)

/** What every gateway here shows. */
export const gatewayTls: GatewayTls = { certificate: certificatePem, key: keyPem }

/** PEM of the authority that clients must trust. */
export const gatewayAuthority: string = authority.certificatePem

export type TestSqlGateway = RunningSqlGateway & {
  readonly trail: RecordingTrail
  readonly host: string
}

/** The server, and how to ask it for verifiers: with that, SCRAM ends at the gateway. */
export type TestUpstream = Upstream & {
  readonly query?: (sql: string, values: unknown[]) => Promise<unknown>
}

/**
 * @param config The section of veilig.yaml, without defaults.
 * @param book Written instead of the recording trail.
 * @param port 0 for any free one.
 */
export async function startSqlGateway(
  upstream: TestUpstream,
  config: Readonly<Record<string, unknown>> = {},
  book?: AuditTrail,
  port = 0,
  columnsOf?: SqlGatewayPorts['columnsOf'],
  sanctions?: SqlGatewayPorts['sanctions'],
): Promise<TestSqlGateway> {
  const trail = new RecordingTrail()
  const parsed = sqlGatewayConfig.parse({ listen: ['127.0.0.1'], ...config })
  const running = await serve(parsed, {
    trail: book ?? trail,
    clock: systemClock,
    port,
    tls: gatewayTls,
    upstream,
    verifierOf: verifiersOf(upstream),
    columnsOf,
    sanctions,
  })
  return { ...running, trail, host: '127.0.0.1' }
}

function verifiersOf({ query }: TestUpstream): SqlGatewayPorts['verifierOf'] {
  if (!query) return undefined
  const sql = 'select rolpassword from pg_authid where rolname = $1 and rolcanlogin'
  return async (user) => {
    const [row] = (await query(sql, [user])) as { rolpassword: string | null }[]
    return row?.rolpassword ?? undefined
  }
}
