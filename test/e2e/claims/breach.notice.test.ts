/** breach.notice: the register and the audit trail, in step; then late, and each tampered with. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openTrail } from '#audit/open.ts'
import type { AuditTrail } from '#audit/trail.ts'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { startStatus, type TestStatus } from '#kit/status.ts'
import { breachNoticeProbe } from '#services/prober/probes/breach-notice.ts'
import { askStatus } from '#services/status/control/client.ts'
import type { Breach } from '#services/status/breach/register.ts'
import { systemClock, type Clock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { breachTarget } from '../../../src/cli/run/prober-status.ts'

const HOUR_MS = 3_600_000
let folder: string
let server: TestPostgres
let trail: AuditTrail & AsyncDisposable
let status: TestStatus
const opened = new AsyncDisposableStack()
before(async () => {
  folder = await temporaryFolder('breach')
  opened.defer(() => rm(folder, { recursive: true }))
  server = opened.use(await startPostgres())
  const place = { folder: join(folder, 'audit'), process: 'status', node: 'test' }
  trail = opened.use(
    await openTrail({ ...place, mode: 'written', disk: systemDisk, clock: systemClock }),
  )
  status = opened.use(await startStatus({ folder, server, change: { trail } }))
})
after(() => opened.disposeAsync())

function measure(aheadHours = 0): Promise<Measured> {
  const clock: Clock = { ...systemClock, nowMs: () => Date.now() + aheadHours * HOUR_MS }
  const target = breachTarget(status.controlSocket, join(folder, 'audit'), clock)
  return measureClaim('breach.notice', breachNoticeProbe(target))
}

function record(awareMs: number): Promise<Breach> {
  return askStatus(status.controlSocket, {
    ask: 'breach-record',
    detail: {
      detectedMs: awareMs - HOUR_MS,
      awareMs,
      tenants: ['noord', 'zuid'],
      categories: ['names', 'e-mail addresses'],
      persons: 120,
      nature: 'A stolen password was used.',
      consequences: 'Unwanted mail.',
      measures: 'The password was withdrawn.',
    },
  }) as Promise<Breach>
}

test('breach.notice: proven while no breach was ever recorded, in words that say so', async () => {
  const { state, codes } = await measure()
  assert.deepEqual([state, ...codes], ['proven', 'BREACH_NONE'])
})

test('breach.notice: failing from the hour on that a notice is late, until it was given', async () => {
  const { id, duties } = await record(Date.now() - 2 * HOUR_MS)
  assert.deepEqual(
    duties.map(({ recipient }) => recipient),
    ['tenant:noord', 'tenant:zuid'],
  )
  assert.equal((await measure()).state, 'proven')
  const late = await measure(23)
  assert.deepEqual([late.state, ...late.codes], ['failing', 'BREACH_OVERDUE'])
  const close = { ask: 'breach-close', id, reason: 'never mind' } as const
  await assert.rejects(askStatus(status.controlSocket, close), { code: 'BREACH_INVALID' })
  for (const recipient of ['tenant:noord', 'tenant:zuid']) {
    const ask = { ask: 'notice', id, recipient, language: 'nl' } as const
    const { text } = (await askStatus(status.controlSocket, ask)) as { text: string }
    assert(text.includes('Personen (ongeveer): 120'), text)
    assert(text.includes('Gegevens (ongeveer): Nog niet bekend'), text)
    assert(text.includes(`Aan: ${recipient.slice('tenant:'.length)}`), text)
    await askStatus(status.controlSocket, { ask: 'breach-notified', id, recipient, how: 'letter' })
  }
  const { state, codes } = await measure(23)
  assert.deepEqual([state, ...codes], ['proven', 'BREACH_CLOCKS_KEPT'])
  await askStatus(status.controlSocket, close)
})

test('breach.notice: a clock cannot be set into the future, nor softened', async () => {
  await assert.rejects(record(Date.now() + HOUR_MS), { code: 'BREACH_INVALID' })
  const { id, duties } = await record(Date.now() - HOUR_MS)
  const later = { awareMs: Date.now(), tenants: ['oost'] }
  const ask = { ask: 'breach-correct', id, change: later } as const
  const corrected = (await askStatus(status.controlSocket, ask)) as Breach
  assert.equal(corrected.duties.length, 3)
  assert(corrected.duties.every(({ dueMs }) => dueMs === duties[0]?.dueMs))
  await assert.rejects(server.query('update status.breach_event set detail = detail'), /only grows/)
  await assert.rejects(server.query('delete from status.breach_event'), /only grows/)
})

test('breach.notice: a breach that vanished from the register, or from the trail, is seen', async () => {
  await server.query('alter table status.breach_event disable trigger all')
  await server.query(`create table kept as select * from status.breach_event`)
  await server.query(
    `delete from status.breach_event where kind = 'notified' and detail->>'recipient' like '%zuid'`,
  )
  const vanished = await measure()
  assert.deepEqual([vanished.state, ...vanished.codes], ['failing', 'BREACH_BOOKS_DIFFER'])
  await server.query(`truncate status.breach_event`)
  assert.equal((await measure()).state, 'failing')
  await server.query(`insert into status.breach_event overriding system value select * from kept`)
  await server.query(
    `insert into status.breach_event (breach, at, kind, detail)
       select 'unheard-of', at, kind, detail from kept where kind = 'recorded' limit 1`,
  )
  const unheard = await measure()
  assert.deepEqual([unheard.state, ...unheard.codes], ['failing', 'BREACH_BOOKS_DIFFER'])
})
