/**
 * The trust and status pages at their largest behind the web gateway: every claim measured in a
 * log, a year of history behind each, ninety days of status.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { signMeasurement } from '#crypto/evidence.ts'
import { ed25519PrivateKey, noteSigner } from '#crypto/signed-note.ts'
import { DAY_MS, words } from '#lib/claims/claim.ts'
import { HISTORY_DAYS, type History, type Shares } from '#lib/claims/history.ts'
import { claims } from '#lib/claims/table.ts'
import { trustConfig } from '#services/trust/config.ts'
import { serveTrust } from '#services/trust/serve.ts'
import { EvidenceWriter } from '#storage/evidence/writer.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { startPostgres } from './postgres.ts'
import { RecordingTrail } from './recording-trail.ts'
import { startStatus } from './status.ts'
import { startGateway } from './web-gateway.ts'

const FINDINGS = 6

export type PublicPagesUp = AsyncDisposable & {
  readonly httpsPort: number
  readonly sockets: { readonly trust: string; readonly status: string }
}

/** @param folder Empty, the caller's. */
export async function startPublicPages(folder: string): Promise<PublicPagesUp> {
  await using stack = new AsyncDisposableStack()
  const trust = join(folder, 'trust.sock')
  const place = { disk: systemDisk, folder: join(folder, 'evidence') }
  const key = ed25519PrivateKey(new Uint8Array(32).fill(5))
  const writer = await EvidenceWriter.open(place, noteSigner('trust.localhost/evidence', key))
  const nowMs = Date.now()
  await writer.append(
    claims.map(({ id, sentence }) => {
      const version = { code: 'TLS_VERSION_REFUSED', values: { version: 'TLS 1.0' } }
      const findings = Array.from({ length: FINDINGS }, () => version)
      const times = { startedMs: nowMs, endedMs: nowMs, runs: { count: 9, firstMs: nowMs } }
      return signMeasurement(
        { claim: id, outcome: 'pass', findings, ...times, probeVersion: 1 },
        sentence,
        key,
      )
    }),
  )
  stack.use(
    await serveTrust(trustConfig.parse({}), {
      place,
      clock: systemClock,
      trail: new RecordingTrail(),
      seen: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
      history: { load: () => Promise.resolve(aYear(nowMs)), save: () => Promise.resolve() },
      customers: () => Promise.resolve(new Map()),
      socket: trust,
    }),
  )
  const statusFolder = join(folder, 'status')
  await mkdir(statusFolder)
  const server = stack.use(await startPostgres())
  const look = () => Promise.resolve({ up: true, tookMs: 12 })
  const watched = ['application', 'database', 'trust-page', 'mail'].map((id) => ({
    id,
    name: words(id, id, id),
    look,
  }))
  const status = stack.use(await startStatus({ folder: statusFolder, server, watched }))
  await status.until(({ components }) => components.every(({ state }) => state === 'up'))
  await ninetyDays(status.pool)
  const gateway = stack.use(
    await startGateway({
      'trust.localhost': { socketPath: trust },
      'status.localhost': { socketPath: status.socket },
    }),
  )
  const all = stack.move()
  return {
    httpsPort: gateway.httpsPort,
    sockets: { trust, status: status.socket },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** Proven all year, but for a bad hour in every month. */
function aYear(nowMs: number): History {
  const today = Math.floor(nowMs / DAY_MS)
  const days = Array.from({ length: HISTORY_DAYS }, (_, ago): [number, Shares] => {
    const failing = ago % 30 === 7 ? DAY_MS / 24 : 0
    return [today - ago, { proven: DAY_MS - failing, ...(failing > 0 ? { failing } : {}) }]
  })
  return new Map(claims.map(({ id }) => [id, new Map(days)]))
}

/** Ninety days by the hour, and the last two by the minute. */
async function ninetyDays(pool: {
  query(sql: string, values?: unknown[]): Promise<unknown>
}): Promise<void> {
  await pool.query(`update component set since = date_trunc('day', now()) - interval '91 days'`)
  await pool.query(
    `insert into hour select c.id, h, 3590000, 5000, 360, 1, 4000, 40 from component c,
       generate_series(date_trunc('day', now(), 'UTC') - interval '91 days',
         now() - interval '3 days', interval '1 hour') h on conflict do nothing`,
  )
  await pool.query(
    `insert into minute select c.id, m, 60000, 0, 6, 0, 60, 40 from component c,
       generate_series(date_trunc('hour', now()) - interval '2 days',
         date_trunc('minute', now()) - interval '2 minutes', interval '1 minute') m
       on conflict do nothing`,
  )
}
