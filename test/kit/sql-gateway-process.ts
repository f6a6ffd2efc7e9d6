/**
 * A SQL gateway in a process of its own, as the ring runs it, so that it can be measured or killed.
 * Its one argument is JSON; it prints its port once it listens.
 */
import { once } from 'node:events'
import { openTrail } from '#audit/open.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { sqlGatewayConfig } from '#services/sql-gateway/config.ts'
import { serve } from '#services/sql-gateway/serve.ts'

export type SqlGatewayInput = {
  readonly mode: 'written' | 'durable'
  /** 0 for any free one. */
  readonly port: number
  /** Of the audit books; the book is called sql-gateway. */
  readonly folder: string
  readonly socketDir: string
  readonly serverPort: number
  /** Beyond the defaults, without TLS. */
  readonly config?: Readonly<Record<string, unknown>>
}

const input = JSON.parse(process.argv[2] ?? '') as SqlGatewayInput
const clock = systemClock
const authority = await createLocalAuthority(clock.nowMs())
const leaf = await issueCertificate(authority, ['localhost'], clock.nowMs())
await using trail = await openTrail({
  folder: input.folder,
  process: 'sql-gateway',
  node: 'test',
  mode: input.mode,
  disk: systemDisk,
  clock,
})
const config = { tlsRequired: false, listen: ['127.0.0.1'], ...input.config }
await using gateway = await serve(sqlGatewayConfig.parse(config), {
  trail,
  clock,
  port: input.port,
  tls: { certificate: leaf.certificatePem, key: leaf.keyPem },
  upstream: { socketDir: input.socketDir, port: input.serverPort },
})
process.stdout.write(`${gateway.port}\n`)
await once(process, 'SIGTERM')
