/** What was counted outlives the process, wherever it is killed. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync, appendFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { LoginLimits } from '#lib/lockout/lockout.ts'
import { lockoutDefaults } from '#lib/lockout/policy.ts'
import { systemDisk, type Disk } from '../disk.ts'
import { openLoginJournal } from './journal.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'veilig-lockout-'))
  folders.push(folder)
  return folder
}

/** Opened as after a kill: whoever had it before is simply gone. */
function open(
  folder: string,
  nowMs: () => number,
  more: { readonly disk?: Disk; readonly journalMax?: number } = {},
): Promise<LoginLimits & AsyncDisposable> {
  const onFault = (): void => undefined
  return openLoginJournal({ disk: systemDisk, folder, nowMs, onFault, ...more })
}

async function guess(limits: LoginLimits, account: string, network: string): Promise<boolean> {
  const admission = await limits.begin({ account, network })
  if (admission.admitted) await limits.settle(admission.ticket, 'wrong')
  return admission.admitted
}

test('journal: a killed process forgets no guess, and no success either', async () => {
  const folder = newFolder()
  let nowMs = 1_000
  const first = await open(folder, () => nowMs)
  while (await guess(first, 'lotte', 'n'));
  const known = { account: 'jonas', network: 'm', device: 'd' }
  for (let at = 0; at < 5; at++) await first.begin(known)
  const right = await first.begin(known)
  assert(right.admitted)
  await first.settle(right.ticket, 'right')
  const second = await open(folder, () => nowMs)
  assert(!(await guess(second, 'lotte', 'n')), 'free again after a restart')
  const again = await second.begin(known)
  assert(again.admitted)
  assert.equal((await second.settle(again.ticket, 'right')).failuresBefore, 0, 'the row had ended')
  nowMs = 0 // a clock set back
  const third = await open(folder, () => nowMs)
  assert(!(await guess(third, 'lotte', 'n')))
  for (const limits of [first, second, third]) await limits[Symbol.asyncDispose]()
})

test('journal: a line cut short, and lines that are none of ours, are passed over', async () => {
  const folder = newFolder()
  const first = await open(folder, () => 5)
  while (await guess(first, 'lotte', 'n'));
  const journal = readdirSync(folder).find((name) => name.endsWith('.journal')) ?? ''
  appendFileSync(join(folder, journal), 'nonsense\n{"is":"begun"}\n{"is":"begun","att')
  writeFileSync(join(folder, 'notes.txt'), 'not ours')
  const faults: string[] = []
  const onFault = (error: Error): void => void faults.push(error.message)
  const second = await openLoginJournal({ disk: systemDisk, folder, nowMs: () => 5, onFault })
  assert(!(await guess(second, 'lotte', 'n')))
  assert.equal(faults.length, 2)
  for (const limits of [first, second]) await limits[Symbol.asyncDispose]()
})

/** A process that is killed before its nth touch of the disk. */
function mortalDisk(livesMax: number): Disk {
  let lives = 0
  const touch = (): void => {
    if (++lives > livesMax) throw new Error('killed')
  }
  return {
    ...systemDisk,
    openAppend: (name) => {
      touch()
      const file = systemDisk.openAppend(name)
      const append = (bytes: Uint8Array): void => {
        touch()
        file.append(bytes)
      }
      return { append, sync: () => file.sync(), [Symbol.dispose]: () => file[Symbol.dispose]() }
    },
    replace: async (name, bytes) => {
      touch()
      await systemDisk.replace(name, bytes)
    },
    remove: async (name) => {
      touch()
      await systemDisk.remove(name)
    },
  }
}

test('journal: killed at any touch of the disk, also between two generations', async () => {
  const touchesMax = 40
  for (let lives = 1; lives <= touchesMax; lives++) {
    const folder = newFolder()
    let killed = false
    let counted = 0
    const onFault = (): void => void (killed = true)
    const disk = mortalDisk(lives)
    const options = { disk, folder, nowMs: () => 5, onFault, journalMax: 300 }
    const mortal = await openLoginJournal(options)
    for (let at = 0; at < 40 && !killed; at++) {
      const before = killed
      const admission = await mortal.begin({ account: 'a', network: `n${at}`, device: `d${at}` })
      await new Promise((resolve) => setImmediate(resolve)) // a generation may begin meanwhile
      if (admission.admitted && !before && !killed) counted++
    }
    const next = await open(folder, () => 5)
    const { perDayMax } = { perDayMax: lockoutDefaults.knownDevice.freeFailures }
    let remembered = 0
    for (let at = 0; at < counted; at++) {
      const device = { account: 'a', network: `n${at}`, device: `d${at}` }
      let free = 0
      while ((await next.begin(device)).admitted) free++
      if (free === perDayMax - 1) remembered++
    }
    assert.equal(remembered, counted, `killed at touch ${lives}`)
    for (const limits of [mortal, next]) await limits[Symbol.asyncDispose]()
  }
})

test('journal: 10,000 addresses, hourly restarts: 100 guesses a day, the owner in', async (t) => {
  const folder = newFolder()
  let nowMs = 0
  let limits = await open(folder, () => nowMs, { journalMax: 20_000 })
  const evaluated: number[] = []
  for (nowMs = 0; nowMs < 2 * DAY_MS; nowMs += 10_000) {
    for (let turn = 0; turn < 2; turn++) {
      const address = `10.${nowMs % 256}.${(nowMs / 10_000 + turn) % 10_000}`
      if (await guess(limits, 'lotte', address)) evaluated.push(nowMs)
    }
    if (nowMs % HOUR_MS > 0) continue
    const own = await limits.begin({ account: 'lotte', network: 'home', device: 'tablet' })
    assert(own.admitted, 'the owner is locked out')
    await limits.settle(own.ticket, 'right')
    limits = await open(folder, () => nowMs, { journalMax: 20_000 })
  }
  const inAnyDay = evaluated.map(
    (ms, at) => evaluated.slice(at).filter((later) => later < ms + DAY_MS).length,
  )
  t.diagnostic(`${Math.max(...inAnyDay)} evaluated in a day at most, 0 lockouts of the owner`)
  assert(Math.max(...inAnyDay) <= lockoutDefaults.unknownDevices.perDayMax)
  assert(evaluated.length > 24)
  assert(readdirSync(folder).length <= 4, 'generations go')
  await limits[Symbol.asyncDispose]()
})
