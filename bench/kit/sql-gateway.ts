/** The SQL gateway alone, for the benchmark: a JSON file of options, then it serves. */
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { openTrail } from '#audit/open.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { sqlGatewayConfig } from '#services/sql-gateway/config.ts'
import { serve } from '#services/sql-gateway/serve.ts'

type Options = {
  readonly mode: 'written' | 'durable'
  readonly port: number
  readonly folder: string
  readonly socketDir: string
  readonly serverPort: number
}

const { mode, port, folder, socketDir, serverPort } = JSON.parse(
  readFileSync(process.argv[2] ?? '', 'utf8'),
) as Options
const clock = systemClock
const authority = await createLocalAuthority(clock.nowMs())
const leaf = await issueCertificate(authority, ['localhost'], clock.nowMs())
await using trail = await openTrail({
  folder,
  process: 'sql-gateway',
  node: 'bench',
  mode,
  disk: systemDisk,
  clock,
})
await using _gateway = await serve(
  sqlGatewayConfig.parse({ tlsRequired: false, listen: ['127.0.0.1'] }),
  {
    trail,
    clock,
    port,
    tls: { certificate: leaf.certificatePem, key: leaf.keyPem },
    upstream: { socketDir, port: serverPort },
  },
)
await once(process, 'SIGTERM')
