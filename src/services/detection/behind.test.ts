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
import type { AlertStore } from './ports.ts'
import { serveDetection } from './serve.ts'

const LATE_MS = 60_000
const STATEMENTS = 400
const FLOOD = 200
const ATTACK = `COPY t FROM PROGRAM 'id'`

const who = { user: 'app', database: 'club', address: '192.0.2.7', session: 's', kind: 'query' }

type Said = { readonly sql: string; readonly atMs: number }

/** A book of statements, a millisecond after each other, that then ends. */
async function* bookOf(
  count: number,
  said: (at: number) => Said,
  atEnd: () => void,
  signal: AbortSignal,
): AsyncGenerator<RecordedEvent> {
  const place = { process: 'sql-gateway', code: 'DB_STATEMENT' }
  for (let sequence = 0; sequence < count; sequence++) {
    const { sql, atMs: timeMs } = said(sequence)
    yield { ...place, sequence, timeMs, detail: { ...who, sql, sqlBytes: sql.length } }
    await systemClock.sleep(1)
  }
  atEnd()
  await systemClock.sleep(600_000, signal).catch(() => undefined)
}

type Setting = {
  readonly service: AsyncDisposable
  readonly own: RecordingTrail
  readonly delivered: readonly Alert[]
}

async function start(
  count: number,
  said: (at: number) => Said,
  keep: AlertStore['keep'] = () => Promise.resolve(),
): Promise<Setting> {
  const own = new RecordingTrail()
  const delivered: Alert[] = []
  const deliver = (alert: Alert): Promise<void> => Promise.resolve(void delivered.push(alert))
  const service = await serveDetection(detectionConfig.parse({ behindMs: 200 }), {
    trail: own,
    clock: systemClock,
    books: ['sql-gateway'],
    memory: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    follow: (_book, _from, signal, atEnd) => bookOf(count, said, atEnd, signal),
    store: {
      cursor: () => Promise.resolve(undefined),
      advance: () => Promise.resolve(),
      keep,
      overdue: () => Promise.resolve([]),
      sanction: () => Promise.resolve(),
      sanctions: () => Promise.resolve([]),
      undone: () => Promise.resolve([]),
      delivered: () => Promise.resolve(),
    },
    channels: [{ name: 'kept', drills: false, deliver }],
    newId: () => crypto.randomUUID(),
    complain: () => undefined,
  })
  return { service, own, delivered }
}

test('behind: lateness is told and ends; nothing that was late is left out', async () => {
  const { service, own, delivered } = await start(STATEMENTS + 1, (at) => ({
    sql: at === STATEMENTS ? ATTACK : `SELECT c${at} FROM t${at % 7}`,
    atMs: systemClock.nowMs() - LATE_MS,
  }))
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

test('behind: a flood of one attack is one row, and its count is whole', async () => {
  const kept: number[] = []
  const { service } = await start(
    FLOOD,
    () => ({ sql: ATTACK, atMs: systemClock.nowMs() }),
    async ({ count }) => {
      await systemClock.sleep(20)
      kept.push(count)
    },
  )
  await eventually('the last count', () => (kept.at(-1) === FLOOD ? true : undefined))
  await service[Symbol.asyncDispose]()
  assert(kept.length <= FLOOD / 2, `${kept.length} times kept`)
})
