/**
 * A mail gateway in a process of its own, so that a test can kill it. Its one argument is JSON; it
 * prints its port once it is ready. With a channel to its parent it takes orders over it.
 */
import type pg from 'pg'
import { pino } from 'pino'
import { createPrivateKey } from 'node:crypto'
import { openTrail } from '#audit/open.ts'
import type { AuditTrail } from '#audit/trail.ts'
import { systemDisk } from '#system/disk.ts'
import { systemClock } from '#system/clock.ts'
import { openPool } from '#system/postgres/pool.ts'
import { mailGatewayConfig } from '#services/mail-gateway/config.ts'
import { serve } from '#services/mail-gateway/serve.ts'
import { deliverer } from '#services/mail-gateway/transport.ts'
import {
  Steps,
  watchDatabase,
  watchSockets,
  watchTrail,
  type StepAnswer,
  type StepOrder,
} from './mail-steps.ts'
import { RecordingTrail } from './recording-trail.ts'

export type ProcessInput = {
  readonly connection: pg.PoolConfig
  readonly receiverPort: number
  readonly httpSocket: string
  readonly password: string
  readonly domain: string
  readonly dkimPem: string
  readonly certificatePem: string
  readonly keyPem: string
  /** Where the audit trail is written as in a ring; without it it is kept in memory. */
  readonly auditFolder?: string
  /** How far ahead its clock goes. */
  readonly shiftMs?: number
  /** More of the section of veilig.yaml. */
  readonly config?: Readonly<Record<string, unknown>>
}

const steps = process.send ? new Steps() : undefined
if (steps) {
  watchDatabase(steps)
  watchSockets(steps)
}
const input = JSON.parse(process.argv[2] ?? '') as ProcessInput
let { shiftMs = 0 } = input
const sender = { name: 'application', domains: [input.domain], messagesPerMinute: 100_000 }
const target = { kind: 'smarthost', host: 'localhost', port: input.receiverPort } as const
const keys = [{ domain: input.domain, selector: 'e1', privateKey: createPrivateKey(input.dkimPem) }]
const gateway = await serve(mailGatewayConfig.parse({ senders: [sender], ...input.config }), {
  clock: { ...systemClock, nowMs: () => systemClock.nowMs() + shiftMs },
  log: pino({ level: 'silent' }),
  trail: steps ? watchTrail(steps, await trail()) : await trail(),
  pool: openPool(input.connection),
  deliver: deliverer({ ...target, tls: 'opportunistic' }, 'mail.localhost', ''),
  dkimKeys: () => keys,
  lookup: () => Promise.reject(new Error('there is no DNS here')),
  tokenKey: Buffer.alloc(32, 7),
  passwordsOf: () => Promise.resolve([input.password]),
  tls: { certificatePem: input.certificatePem, keyPem: input.keyPem },
  port: 0,
  httpSocket: input.httpSocket,
  publicOrigin: 'https://mail.localhost',
})
function trail(): AuditTrail | Promise<AuditTrail> {
  const { auditFolder: folder } = input
  if (folder === undefined) return new RecordingTrail()
  const place = { folder, process: 'mail-gateway', node: 'kit', mode: 'written' } as const
  return openTrail({ ...place, disk: systemDisk, clock: systemClock })
}

function tell(answer: StepAnswer): void {
  process.send?.(answer)
}

process.on('message', (order: StepOrder) => {
  if (order.order === 'begin') {
    steps?.begin(order.fatal)
    tell({ begun: true })
  } else if (order.order === 'shift') shiftMs = order.ms
  else tell({ moments: steps?.moments ?? [] })
})
tell({ ready: { port: gateway.port, apiPort: gateway.apiPort } })
process.stdout.write(`${gateway.port}\n`)
