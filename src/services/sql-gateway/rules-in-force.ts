/**
 * What holds for connections that begin now: all that follows from the configuration and the
 * certificate, made anew when these change.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { subjectsOf, valuesOf } from './bound-values.ts'
import { ClientCertificates } from './certificates.ts'
import { PersonalColumns } from './columns.ts'
import type { SqlGatewayConfig } from './config.ts'
import type { Gateway } from './gateway.ts'
import { allowList, type AllowList } from '#system/address-ranges.ts'
import { judgeOf, type Ask } from './judge.ts'
import type { GatewayTls, SqlGatewayPorts } from './ports.ts'
import type { Sanctions } from './sanctions.ts'

type FromSettings =
  'config' | 'secureContext' | 'certificates' | 'judgeFor' | 'personal' | 'valuesFor'

export type InForce = Pick<Gateway, FromSettings> & { readonly isAllowed: AllowList }

/** @throws {Error} What OpenSSL says of a certificate and key that do not fit. */
export function inForce(
  config: SqlGatewayConfig,
  tls: GatewayTls,
  { clock, columnsOf }: Pick<SqlGatewayPorts, 'clock' | 'columnsOf'>,
  { sanctions, ask }: { readonly sanctions: Sanctions; readonly ask: Ask },
): InForce {
  const judges = new Map(
    Object.entries(config.roles).map(([user, rules]) => [user, judgeOf(rules, ask)] as const),
  )
  const subjects = subjectsOf(config.subjects, randomBytes, () => clock.monotonicMs())
  return {
    config,
    secureContext: createSecureContext({
      cert: tls.certificate,
      key: tls.key,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      ca: config.clientCertificates.authority || undefined,
      sessionIdContext: 'sql-gateway', // or a client that resumes could show no certificate
    }),
    certificates: certificatesOf(config),
    judgeFor: (user) => judges.get(user),
    personal: new PersonalColumns(config.personal, columnsOf, clock),
    valuesFor: (peer) => valuesOf(subjects, peer),
    isAllowed: sanctions.narrow(allowList(config.allow), () => clock.nowMs()),
  }
}

function certificatesOf({ clientCertificates }: SqlGatewayConfig): Gateway['certificates'] {
  return clientCertificates.authority === ''
    ? undefined
    : new ClientCertificates(clientCertificates)
}
