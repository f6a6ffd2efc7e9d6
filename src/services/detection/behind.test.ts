/**
 * More that is new than detection can judge: it is late, says so, leaves nothing out, and what is
 * on its way to a channel does not wait for the rest.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordedEvent } from '#audit/read.ts'
import { eventually } from '#kit/eventually.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { systemClock } from '#system/clock.ts'
import type { Alert } from './alert.ts'
import { detectionConfig } from './config.ts'
import { serveDetection } from './serve.ts'

const LATE_MS = 60_000
const STATEMENTS = 400

/** A book whose every record was written a minute ago, and one attack at its very end. */
async function* lateBook(atEnd: () => void, signal: AbortSignal): AsyncGenerator<RecordedEvent> {
  const place = { process: 'sql-gateway', code: 'DB_STATEMENT' }
  const who = { user: 'app', database: 'club', address: '192.0.2.7', session: 's', kind: 'query' }
  for (let sequence = 0; sequence <= STATEMENTS; sequence++) {
    const isLast = sequence === STATEMENTS
    const sql = isLast ? `COPY t FROM PROGRAM 'id'` : `SELECT c${sequence} FROM t${sequence % 7}`
    const timeMs = systemClock.nowMs() - LATE_MS
    yield { ...place, sequence, timeMs, detail: { ...who, sql, sqlBytes: sql.length } }
    await systemClock.sleep(1)
  }
  atEnd()
  await systemClock.sleep(600_000, signal).catch(() => undefined)
}

test('behind: lateness is told and ends; nothing that was late is left out', async () => {
  const own = new RecordingTrail()
  const delivered: Alert[] = []
  const config = detectionConfig.parse({ behindMs: 200 })
  const service = await serveDetection(config, {
    trail: own,
    clock: systemClock,
    books: ['sql-gateway'],
    memory: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    follow: (_book, _from, signal, atEnd) => lateBook(atEnd, signal),
    store: {
      cursor: () => Promise.resolve(undefined),
      advance: () => Promise.resolve(),
      keep: () => Promise.resolve(),
      overdue: () => Promise.resolve([]),
      sanction: () => Promise.resolve(),
      sanctions: () => Promise.resolve([]),
      undone: () => Promise.resolve([]),
      delivered: () => Promise.resolve(),
    },
    channels: [
      {
        name: 'kept',
        drills: false,
        deliver: (alert) => Promise.resolve(void delivered.push(alert)),
      },
    ],
    newId: () => crypto.randomUUID(),
    complain: () => undefined,
  })
  const ids = (): string[] => delivered.map(({ detector }) => detector)
  await eventually('the end of it', () => ids().includes('ring.detection-current') || undefined)
  await service[Symbol.asyncDispose]()
  assert.deepEqual(ids(), [
    'ring.detection-behind',
    'escalation.copy-program',
    'ring.detection-current',
  ])
  const [late] = own.of('ALERT_DELIVERED').filter(({ latencyMs }) => Number(latencyMs) >= LATE_MS)
  assert(late, 'the lateness of an alert is on record')
})
