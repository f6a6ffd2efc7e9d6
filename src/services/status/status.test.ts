/** The status service with a real control database: measures, remembers, lives without it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { component, startStatus } from '#kit/status.ts'
import { systemClock } from '#system/clock.ts'
import { BudgetWatch } from './budget-watch.ts'
import { lookWithin, type Found } from './monitors/look.ts'
import { lookPostgres, lookTcp } from './monitors/monitors.ts'
import { StatusStore } from './store.ts'

let server: TestPostgres
let folder: string
before(async () => {
  folder = await temporaryFolder('status')
  server = await startPostgres()
})
after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

test('status: a component that fails is shown, has an incident until it is back', async () => {
  let up = true
  const watched = [
    component('shop', () => (up ? { up, tookMs: 4 } : { up, tookMs: 1, reason: 'REFUSED' })),
  ]
  await using status = await startStatus({ folder, server, watched })
  await status.until(({ overall }) => overall === 'up')
  up = false
  const down = await status.until(({ incidents }) => incidents.length > 0)
  assert.equal(down.overall, 'all-down')
  assert.equal(down.components[0]?.reason, 'REFUSED')
  assert.equal(down.incidents[0]?.title.nl, 'Onderdeel shop is niet bereikbaar')
  assert((await status.get('/nl')).body.includes('Niets werkt op dit moment.'))
  assert((await status.get('/feed.en.atom')).body.includes('Component shop cannot be reached'))
  up = true
  const back = await status.until(({ incidents }) => incidents[0]?.resolved !== undefined)
  assert.equal(back.overall, 'up')
  const turns = status.trail.of('STATUS_TURNED').map(({ was, state }) => `${was}>${state}`)
  assert.deepEqual(turns, ['unknown>up', 'up>down', 'down>up'])
  assert.equal(status.trail.of('INCIDENT_OPENED').length, 1)
  assert.equal(status.trail.of('INCIDENT_RESOLVED').length, 1)
})

test('status: who cannot reach its own reference says unknown, and blames nobody', async () => {
  const watched = [component('net', () => ({ up: false, tookMs: 1, reason: 'UNREACHABLE' }))]
  const change = { reference: () => Promise.reject(new Error('no network')) }
  await using status = await startStatus({ folder, server, watched, change })
  await systemClock.sleep(2500)
  const { overall, incidents } = await status.json()
  assert.equal(overall, 'unknown')
  assert(!incidents.some(({ components }) => components.includes('net')))
})

test('status: when the control database goes, the page stays and says so', async () => {
  let up = true
  const watched = [component('web', () => ({ up, tookMs: 2 }))]
  await using status = await startStatus({ folder, server, watched })
  await status.until(({ overall, historyCurrent }) => overall === 'up' && historyCurrent)
  server.cluster.kill('SIGKILL')
  up = false
  const gone = await status.until(({ overall }) => overall === 'all-down')
  await status.until(({ historyCurrent }) => !historyCurrent)
  assert((await status.get('/en')).body.includes('cannot be reached'))
  assert.equal(gone.components[0]?.state, 'down')
  await server.restart()
  await status.until(({ historyCurrent, incidents }) => {
    return historyCurrent && incidents.some(({ components }) => components.includes('web'))
  })
})

test('status: a rehearsed outage is shown apart, and leaves no trace', async () => {
  const rehearsal = component('drill', () => ({ up: false, tookMs: 1 }))
  const watched = [
    component('real', () => ({ up: true, tookMs: 2 })),
    { ...rehearsal, intervalMs: 500, rehearsal: true as const },
  ]
  await using status = await startStatus({ folder, server, watched })
  const shown = await status.until(({ rehearsals, overall }) => {
    return rehearsals[0]?.state === 'down' && overall === 'up'
  })
  assert.equal(shown.components.length, 1)
  assert(!shown.incidents.some(({ components }) => components.includes('drill')))
  assert(!status.trail.of('STATUS_TURNED').some(({ component: id }) => id === 'drill'))
})

test('status: a burn of the budget is told once when it begins and once when it ends', async () => {
  await using status = await startStatus({ folder, server })
  const store = new StatusStore(status.pool)
  const nowMs = Date.now()
  await store.open(['burning'], nowMs)
  const trail = new RecordingTrail()
  const watch = new BudgetWatch({ percent: 99.9, days: 30 }, store, trail)
  const look = (monotonicMs: number): Promise<void> =>
    watch.look(['burning'], [], nowMs, monotonicMs)
  const minutes = [3, 4].map((ago) => ({
    component: 'burning',
    startMs: nowMs - ago * 60_000,
    upMs: 0,
    downMs: 60_000,
    unknownMs: 0,
    checks: 6,
    failed: 6,
    tookSumMs: 0,
    tookMaxMs: 0,
  }))
  await store.addMinutes(minutes)
  await look(0)
  await look(40_000)
  assert.equal(watch.budgets.get('burning')?.usedMs, 120_000)
  assert.deepEqual(
    trail.of('STATUS_BUDGET_BURNS').map(({ rule, allowedSeconds }) => [rule, allowedSeconds]),
    [['fast', 2592]],
  )
  await status.pool.query(`update minute set down_ms = 0, up_ms = 60000`)
  await look(80_000)
  assert.equal(trail.of('STATUS_BUDGET_HOLDS').length, 1)
})

test('monitors: a port that accepts and says nothing, or the wrong thing, is not up', async () => {
  const sockets = new Set<Socket>()
  const talk = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).write('554 go away\r\n')
  })
  const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
  for (const one of [talk, silent]) await once(one.listen(0, '127.0.0.1'), 'listening')
  const port = (of: typeof talk): number => (of.address() as AddressInfo).port
  const tcp = (of: typeof talk, greeting?: string) => (signal: AbortSignal) => {
    const target = { kind: 'tcp', host: '127.0.0.1', port: port(of) } as const
    return lookTcp(greeting === undefined ? target : { ...target, greeting }, signal)
  }
  const look = (monitor: (signal: AbortSignal) => Promise<Found>) =>
    lookWithin(300, () => performance.now(), new AbortController().signal, monitor)
  assert.equal((await look(tcp(talk, '220'))).reason, 'WRONG_ANSWER')
  assert.equal((await look(tcp(silent, '220'))).reason, 'TIMED_OUT')
  assert.equal((await look(tcp(silent))).up, true)
  const postgres = { kind: 'postgres', host: '127.0.0.1', port: port(talk) } as const
  const seen = await look((signal) => lookPostgres(postgres, undefined, signal))
  assert.equal(seen.reason, 'WRONG_ANSWER')
  for (const socket of sockets) socket.destroy()
  talk.close()
  silent.close()
  await Promise.all([once(talk, 'close'), once(silent, 'close')])
  assert.equal((await look(tcp(talk))).up, false)
})
