/** A killed process comes back, the fact is on record, and a disposed one stays away. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import type { AuditEvent, AuditTrail } from '#audit/trail.ts'
import { FaultError } from '#lib/errors.ts'
import { systemClock } from '#system/clock.ts'
import { keepRunning, type Instance } from './keep-running.ts'

test('supervisor: a killed process is started again, and both facts are audited', async () => {
  const { trail, events, until } = book()
  let started = 0
  const start = async (): Promise<Instance> => {
    if (++started === 2) throw new FaultError('PORT_IN_USE', 'still in the way')
    return sleeper()
  }
  const ports = { clock: systemClock, trail, tell: () => undefined }
  const service = await keepRunning('sleeper', start, ports)
  process.kill(Number(events[0]?.detail['pid']), 'SIGKILL')
  await until('PROCESS_STARTED', 2)
  const story = events.map(({ code, detail }) => `${code} ${detail['ended'] ?? ''}`.trim())
  assert.deepEqual(story, [
    'PROCESS_STARTED',
    'PROCESS_ENDED SIGKILL',
    'PROCESS_ENDED PORT_IN_USE',
    'PROCESS_STARTED',
  ])
  const last = Number(events.at(-1)?.detail['pid'])
  await service[Symbol.asyncDispose]()
  assert.throws(() => process.kill(last, 0), { code: 'ESRCH' })
  assert.equal(started, 3)
})

test('supervisor: a process being started again while all stops is stopped too', async () => {
  const { trail, events } = book()
  const restarting = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  let started = 0
  let second: Instance | undefined
  const start = async (): Promise<Instance> => {
    if (++started === 1) return sleeper()
    restarting.resolve()
    await go.promise
    return (second = await sleeper())
  }
  const ports = { clock: systemClock, trail, tell: () => undefined }
  const service = await keepRunning('sleeper', start, ports)
  process.kill(Number(events[0]?.detail['pid']), 'SIGKILL')
  await restarting.promise
  const stopped = service[Symbol.asyncDispose]()
  go.resolve()
  await stopped
  assert.throws(() => process.kill(second?.pid ?? 0, 0), { code: 'ESRCH' })
})

test('supervisor: what cannot start the first time is told to the caller', async () => {
  const { trail } = book()
  const start = (): Promise<Instance> => Promise.reject(new FaultError('PORT_IN_USE', 'no'))
  const ports = { clock: systemClock, trail, tell: () => undefined }
  await assert.rejects(keepRunning('x', start, ports), { code: 'PORT_IN_USE' })
})

async function sleeper(): Promise<Instance> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await once(child, 'spawn')
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string)
  return {
    pid: child.pid ?? 0,
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function book(): {
  trail: AuditTrail
  events: AuditEvent[]
  until: (code: string, count: number) => Promise<void>
} {
  const events: AuditEvent[] = []
  const trail: AuditTrail = {
    append: (added) => void events.push(...added),
    flush: () => Promise.resolve(),
  }
  const until = async (code: string, count: number): Promise<void> => {
    while (events.filter((event) => event.code === code).length < count) await systemClock.sleep(5)
  }
  return { trail, events, until }
}
