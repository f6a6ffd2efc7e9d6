/** What outlived us is ended, and nothing else is. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryFolder } from '#kit/postgres.ts'
import { endLeftOver, rememberProcess } from './leftover.ts'

const pause = (ms: number): Promise<void> => sleep(ms)

test('left over: a remembered process is ended once, and forgotten', async () => {
  const folder = await temporaryFolder('leftover')
  const file = join(folder, 'application.json')
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  await rememberProcess(file, child.pid ?? 0)
  const gone = once(child, 'exit')
  assert.equal(await endLeftOver(file, pause), true)
  await gone
  assert.equal(await endLeftOver(file, pause), false)
  await rm(folder, { recursive: true })
})

test('left over: another process with the same number is left alone', async () => {
  const folder = await temporaryFolder('leftover')
  const file = join(folder, 'application.json')
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  await writeFile(file, JSON.stringify({ pid: child.pid, startTime: '1' }))
  assert.equal(await endLeftOver(file, pause), false)
  assert.equal(child.exitCode, null)
  child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})
