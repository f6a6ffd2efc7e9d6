/**
 * The keeper's promises, with an authority in this process and a clock that the test moves: a crash
 * anywhere loses no key and places no second order, two gateways place one, and through a thousand
 * days of six-day certificates none is shown that has run out.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { X509Certificate } from 'node:crypto'
import { mulberry32 } from '#kit/random.ts'
import { simulatedAuthority, type SimulatedAuthority } from '#kit/simulated-authority.ts'
import { systemDisk } from '#system/disk.ts'
import type { CertificateBook, CertificateRecord, Versioned } from './book.ts'
import { fileBook } from './file-book.ts'
import { CertificateKeeper, type AcmeServer } from './keeper.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const names = ['club.example']
const config = {
  directoryUrl: 'https://authority.example/dir',
  names,
  contact: [],
  challenge: 'http-01',
} as const

/** The process is gone, in the middle of what it did. */
class Killed extends Error {}

let folder = ''
before(async () => (folder = await mkdtemp(join(tmpdir(), 'veilig-acme-'))))
after(() => rm(folder, { recursive: true, force: true }))

test('acme: killed before or after any step, it ends with one order and its key', async () => {
  let survived = false
  let cut = 0
  for (; !survived; cut++) {
    const clock = heldClock()
    const authority = await simulatedAuthority(clock, { lifeMs: 90 * DAY_MS })
    const book = memoryBook()
    survived = await turnUntilKilled(clock, authority, book, cut)
    await turnUntilKilled(clock, authority, book, Infinity)
    const current = (await book.load())?.record.current
    assert(current, `killed at ${cut}: no certificate`)
    new X509Certificate(current.certificatePem) // and its key fits, or the keeper had refused it
    assert.equal(authority.orders, 1, `killed at ${cut}: ${authority.orders} orders`)
  }
  assert(cut > 20, `only ${cut} steps were tried`)
})

test('acme: two gateways with one book place one order and show one certificate', async () => {
  const clock = heldClock()
  const authority = await simulatedAuthority(clock, { lifeMs: 90 * DAY_MS })
  const place = join(folder, 'two')
  const shown: (string | undefined)[] = [undefined, undefined]
  const keepers = shown.map((_, index) =>
    keeperOn(clock, authority.server, fileBook(systemDisk, place), `gateway ${index}`, (record) => {
      shown[index] = record.current?.certificatePem
    }),
  )
  for (let turn = 0; turn < 200 && !shown.every(Boolean); turn++) {
    await Promise.all(keepers.map((keeper) => keeper.turn()))
    clock.advance(250)
  }
  assert(shown[0])
  assert.equal(shown[0], shown[1])
  assert.equal(authority.orders, 1)
})

/** A thousand days take seconds; the usual run is a slice of the same. */
const DAYS = Number(process.env['VEILIG_ACME_DAYS'] ?? '150')
const SEED = Number(process.env['VEILIG_ACME_SEED'] ?? '5')

test(`acme: ${DAYS} days of short certificates, with outages: none has run out`, async (t) => {
  t.diagnostic(`seed ${SEED}`)
  const random = mulberry32(SEED)
  const clock = heldClock()
  const authority = await simulatedAuthority(clock, { lifeMs: 6 * DAY_MS, suggests: true })
  const book = memoryBook()
  let shown: X509Certificate | undefined
  const keeper = keeperOn(clock, authority.server, book, 'gateway', ({ current }) => {
    if (current) shown = new X509Certificate(current.certificatePem)
  })
  await settle(keeper)
  const endMs = clock.nowMs() + DAYS * DAY_MS
  let outageEndMs = 0
  for (let hours = 0; clock.nowMs() < endMs; hours++) {
    // Every tenth day or so the authority is away for up to a day.
    if (clock.nowMs() > outageEndMs && random() < 1 / 240) {
      outageEndMs = clock.nowMs() + random() * DAY_MS
    }
    authority.isAway = clock.nowMs() < outageEndMs
    await settle(keeper)
    assert(shown && shown.validToDate.getTime() > clock.nowMs(), `run out after ${hours} hours`)
    clock.advance(HOUR_MS)
  }
  assert(authority.orders > DAYS / 4 && authority.orders < DAYS * 0.7, `${authority.orders} orders`)
})

test('acme: what an authority refuses is asked again later and later', async () => {
  const clock = heldClock()
  const authority = await simulatedAuthority(clock, { lifeMs: 90 * DAY_MS })
  authority.refuses = true
  const keeper = keeperOn(clock, authority.server, memoryBook(), 'gateway', () => undefined)
  for (let minutes = 0; minutes < 24 * 60; minutes++) {
    await settle(keeper)
    clock.advance(60_000)
  }
  assert(authority.orders >= 8 && authority.orders < 16, `${authority.orders} orders in a day`)
})

/** Turns until there is nothing to do now. */
async function settle(keeper: CertificateKeeper): Promise<void> {
  for (let turn = 0; turn < 10; turn++) if ((await keeper.turn()) > 0) return
}

/** @returns Whether it lived to its certificate. */
async function turnUntilKilled(
  clock: HeldClock,
  authority: SimulatedAuthority,
  book: CertificateBook,
  killAt: number,
): Promise<boolean> {
  let steps = 0
  const mortal = async <T>(act: () => Promise<T>): Promise<T> => {
    if (steps++ === killAt) throw new Killed()
    const result = await act()
    if (steps++ === killAt) throw new Killed()
    return result
  }
  const server = new Proxy(authority.server, {
    get: (target, name: keyof AcmeServer) => {
      const method = target[name] as (...args: unknown[]) => Promise<unknown>
      return (...args: unknown[]) => mortal(() => method.apply(target, args))
    },
  })
  const keeper = keeperOn(
    clock,
    server,
    { load: () => book.load(), store: (...args) => mortal(() => book.store(...args)) },
    'gateway',
    () => undefined,
  )
  try {
    await settle(keeper)
    return true
  } catch (error) {
    if (!(error instanceof Killed)) throw error
    return false
  }
}

function keeperOn(
  clock: HeldClock,
  acme: AcmeServer,
  book: CertificateBook,
  holder: string,
  onRecord: (record: CertificateRecord) => void,
): CertificateKeeper {
  return new CertificateKeeper(config, {
    clock,
    acme,
    book,
    holder,
    chance: () => 0.5,
    onRecord,
    onIssued: () => undefined,
    onFailure: () => undefined,
  })
}

function memoryBook(): CertificateBook {
  let kept: Versioned | undefined
  return {
    load: () => Promise.resolve(kept),
    store: (record, version) => {
      if ((kept?.version ?? 0) !== version) return Promise.resolve(false)
      kept = { version: version + 1, record }
      return Promise.resolve(true)
    },
  }
}

type HeldClock = {
  nowMs(): number
  monotonicMs(): number
  sleep(ms: number): Promise<void>
  advance(ms: number): void
}

function heldClock(): HeldClock {
  let nowMs = Date.UTC(2026, 10, 23)
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms) => Promise.resolve(void (nowMs += ms)),
    advance: (ms) => void (nowMs += ms),
  }
}
