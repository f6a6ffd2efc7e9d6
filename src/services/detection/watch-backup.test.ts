/** What the backup says of itself reaches people: each change, in words, and each change again. */
import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTrail } from '#audit/open.ts'
import { readEvents } from '#audit/read.ts'
import type { AuditEvent } from '#audit/trail.ts'
import { eventually } from '#kit/eventually.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import type { Alert } from './alert.ts'
import { channelOf } from './channels.ts'
import { detectionConfig } from './config.ts'
import type { AlertStore } from './ports.ts'
import { serveDetection } from './serve.ts'

const region = (code: string, name: string, lagMs: number): AuditEvent => ({
  code,
  detail: { region: name, lagMs, reason: code === 'REGION_LAGGING' ? 'it is away' : null },
})

const EVENTS: readonly AuditEvent[] = [
  region('REGION_LAGGING', 'abroad', 20_400),
  region('REGION_LAGGING', 'cloud', 21_000),
  region('REGION_CURRENT', 'abroad', 300),
  region('REGION_LAGGING', 'abroad', 20_100),
  region('REGION_CURRENT', 'abroad', 200),
  { code: 'BACKUP_DAMAGED', detail: { id: 'b1', pages: 2 } },
  { code: 'BACKUP_OVERDUE', detail: { kind: 'full', newest: null } },
  { code: 'WAL_GAP', detail: { afterTimeline: 1, after: '0/1', untilTimeline: 1, until: '0/9' } },
  { code: 'SYNCHRONOUS_WAITING', detail: { waitedMs: 10_000 } },
  { code: 'SYNCHRONOUS_FLOWING', detail: { waitedMs: 0 } },
]

test('backup: a region behind is an alert with a way out, and so is its coming back', async () => {
  const alerts = await alertsOf('backup')
  const words = alerts.map(({ detector, subject }) => `${detector} ${subject ?? ''}`.trim())
  assert.deepEqual(
    words.toSorted(), // deliveries overtake each other
    [
      'backup.region-lagging abroad',
      'backup.region-lagging cloud',
      'backup.region-current abroad',
      'backup.region-lagging abroad',
      'backup.region-current abroad',
      'backup.damaged',
      'backup.overdue full',
      'backup.log-lost',
      'backup.commits-wait',
      'backup.commits-flow',
    ].toSorted(),
  )
  const first = alerts.find(({ evidence }) => evidence.startsWith('abroad, 20 s'))
  const again = alerts.find(({ detector }) => detector === 'backup.region-current')
  assert.match(first?.sentence ?? '', /^A region of the backup is behind, .* \(abroad, 20 s behind/)
  assert.match(first?.sentence ?? '', /it is away/)
  assert.match(first?.advice ?? '', /veilig backup list/)
  assert.match(again?.sentence ?? '', /in step again/)
})

test('backup: nobody else’s book can say so', async () => {
  assert.deepEqual(await alertsOf('sql-gateway'), [])
})

async function alertsOf(process: string): Promise<readonly Alert[]> {
  const folder = await temporaryFolder('watch-backup')
  const file = join(folder, 'alerts.jsonl')
  const place = { folder, process, node: 'test' }
  const config = detectionConfig.parse({ channels: [{ kind: 'file' }] })
  const told = new RecordingTrail()
  const store: AlertStore = {
    cursor: () => Promise.resolve(undefined),
    advance: () => Promise.resolve(),
    keep: () => Promise.resolve(),
    overdue: () => Promise.resolve([]),
    sanction: () => Promise.resolve(),
    sanctions: () => Promise.resolve([]),
    undone: () => Promise.resolve([]),
    delivered: () => Promise.resolve(),
  }
  await using book = await openTrail({
    ...place,
    mode: 'written',
    disk: systemDisk,
    clock: systemClock,
  })
  for (const event of EVENTS) await book.append([event])
  await book.append([{ code: 'SEAL_BROKEN', detail: { process: 'a', reason: 'the last one' } }])
  {
    await using _service = await serveDetection(config, {
      trail: told,
      clock: systemClock,
      books: [process],
      memory: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
      follow: (_book, from, signal) =>
        readEvents({ ...place, from, follow: { clock: systemClock, signal, pollMs: 10 } }),
      store,
      channels: config.channels.map((one) => channelOf(one, { clock: systemClock, file })),
      newId: () => crypto.randomUUID(),
      complain: (code, message) => assert.fail(`${code}: ${message}`),
    })
    await eventually('the last event', () =>
      told.events.find(({ detail }) => detail['detector'] === 'ring.log-rewritten'),
    )
  } // and what is on its way is delivered
  const text = await readFile(file, 'utf8').catch(() => '')
  await rm(folder, { recursive: true })
  const lines = text.split('\n').filter((line) => line !== '')
  const alerts = lines.map((line) => JSON.parse(line) as Alert)
  return alerts.filter(({ detector }) => detector !== 'ring.log-rewritten')
}
