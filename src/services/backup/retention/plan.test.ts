/** Retention over a hundred simulated days of random schedules; a byte of log a millisecond. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BackupEntry } from '../repository/entries.ts'
import { candidates, chainOf, Chains } from '../restore/choose.ts'
import { timelinePath } from '../restore/timelines.ts'
import { isLogNeeded, nextToStandAlone, planRetention } from './plan.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const START_MS = Date.UTC(2026, 0, 1)
const path = timelinePath(1, undefined)

/** A small generator of numbers from 0 to below 1; the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function backupAt(startedMs: number, tookMs: number, parent: string | null): BackupEntry {
  return {
    type: 'backup',
    id: `20260101t000000z-${startedMs.toString(16).padStart(16, '0')}`,
    kind: parent === null ? 'full' : 'differential',
    parent,
    label: '',
    timeline: 1,
    startLsn: BigInt(startedMs),
    endTimeline: 1,
    endLsn: BigInt(startedMs + tookMs),
    startedMs,
    finishedMs: startedMs + tookMs,
    fileCount: 0,
    plainBytes: 0,
    storedBytes: 0,
    damagedPageCount: 0,
    facts: {},
    key: '',
    manifest: { size: 0, sha256: '' },
    packs: [],
  }
}

for (const seed of [1, 2, 3]) {
  const title = 'retention: 100 days, every second of the window restorable, nothing older kept'
  test(`${title} (seed ${seed})`, () => {
    const random = seeded(seed)
    const retainMs = (1 + Math.floor(random() * 40)) * DAY_MS
    const histories = new Map<number, never>()
    const runs = [{ timeline: 1, writtenMs: START_MS }]
    let backups: BackupEntry[] = []
    let full: BackupEntry | undefined
    let logFromMs = START_MS
    let destroyed = 0
    for (let nowMs = START_MS; nowMs < START_MS + 100 * DAY_MS; nowMs += HOUR_MS) {
      if (random() < 0.9) {
        const whole = !full || random() < 0.25
        const taken = backupAt(nowMs, Math.floor(random() * 1_800_000) + 1, whole ? null : full!.id)
        if (whole) full = taken
        backups.push(taken)
      }
      const laterMs = nowMs + 45 * 60_000
      const plan = planRetention({ nowMs: laterMs, retainMs, backups, runs, histories })
      const gone = new Set(plan.expired)
      backups = backups.filter((backup) => !gone.has(backup))
      destroyed += gone.size
      for (; logFromMs < nowMs; logFromMs += HOUR_MS) {
        const hour = { timeline: 1, endLsn: BigInt(logFromMs + HOUR_MS) }
        if (isLogNeeded(hour, plan.logStarts)) break
      }
      for (let sample = 0; sample < 3; sample++) {
        const oldest = Math.max(laterMs - retainMs, firstEnd(backups))
        const atMs = sample === 0 ? oldest : oldest + Math.floor(random() * (laterMs - oldest))
        if (atMs > laterMs) continue
        const [best] = candidates(backups, path, { kind: 'time', atMs, text: '' })
        assert(best && chainOf(backups, best).length > 0)
        assert(Number(best.startLsn) >= logFromMs, 'the log it needs is kept')
      }
      checkNothingOlder(backups, laterMs - retainMs)
    }
    assert(destroyed > 500, `${destroyed} destroyed`)
  })
}

function firstEnd(backups: readonly BackupEntry[]): number {
  return backups[0]?.finishedMs ?? Infinity
}

/** Each backup kept is the base of a moment in the window, by itself or through another. */
function checkNothingOlder(backups: readonly BackupEntry[], windowFromMs: number): void {
  const old = backups.filter(({ finishedMs }) => finishedMs <= windowFromMs)
  const base = old.at(-1)
  const chains = new Chains(backups)
  const allowed = new Set(base ? chains.of(base) : [])
  for (const backup of backups) {
    for (const parent of chains.of(backup))
      if (backup.finishedMs > windowFromMs) allowed.add(parent)
  }
  assert(old.every((backup) => allowed.has(backup)))
}

test('retention: what a branch of the window needs is kept, on its own path', () => {
  const history = { type: 'history', timeline: 2 } as const
  const bytes = Buffer.from(`1\t0/${(5000).toString(16)}\tbranch\n`).toString('base64')
  const histories = new Map([[2, { ...history, bytes }]])
  const first = backupAt(1000, 10, null)
  const beyond = { ...backupAt(6000, 10, null), timeline: 1, endTimeline: 1 }
  const runs = [
    { timeline: 1, writtenMs: 0 },
    { timeline: 2, writtenMs: 7000 },
  ]
  const facts = { retainMs: 1000, backups: [first, beyond], runs, histories }
  const plan = planRetention({ ...facts, nowMs: 9000 })
  assert.deepEqual(plan.expired, [beyond], 'the branch left timeline 1 before it')
  assert.deepEqual(planRetention({ ...facts, nowMs: 7500 }).expired, [])
})

test('retention: while nothing could be restored, nothing is given up', () => {
  const facts = { nowMs: 10 ** 13, retainMs: 1, histories: new Map<number, never>() }
  const plan = planRetention({ ...facts, backups: [], runs: [{ timeline: 1, writtenMs: 0 }] })
  assert.deepEqual(plan.logStarts, [])
  assert(isLogNeeded({ timeline: 1, endLsn: 1n }, plan.logStarts))
})

for (const seed of [4, 5]) {
  const title = 'retention: with synthetic full backups nothing is kept that is an hour too old'
  test(`${title} (seed ${seed})`, () => {
    const random = seeded(seed)
    const retainMs = (1 + Math.floor(random() * 2)) * DAY_MS
    const onNewest = seed % 2 === 0
    const runs = [{ timeline: 1, writtenMs: START_MS }]
    let backups: BackupEntry[] = []
    let full: BackupEntry | undefined
    let made = 0
    for (let nowMs = START_MS; nowMs < START_MS + 4 * DAY_MS; nowMs += 5 * MINUTE_MS) {
      if ((nowMs - START_MS) % (50 * MINUTE_MS) === 0) {
        // One true full backup serves for ever, or a whole day.
        const whole = !full || (!onNewest && random() < 0.03)
        const on = onNewest ? backups.at(-1) : full
        const taken = backupAt(nowMs, 1 + Math.floor(random() * 5 * MINUTE_MS), on?.id ?? null)
        const entry = whole ? { ...taken, kind: 'full' as const, parent: null } : taken
        if (whole) full = entry
        backups.push(entry)
      }
      const ended = backups.filter(({ finishedMs }) => finishedMs <= nowMs)
      const facts = { nowMs, retainMs, backups: ended, runs, histories: new Map<number, never>() }
      const due = nextToStandAlone(facts)
      if (due) {
        made++
        const inPlaceOf = new Chains(backups)
          .of(due, true)
          .flatMap(({ id, synthetic }) => [id, ...(synthetic?.inPlaceOf ?? [])])
        const synthetic = { from: due.id, madeMs: nowMs, inPlaceOf }
        const id = due.id.replace('20260101', '20260102')
        backups.unshift({ ...due, id, kind: 'full', parent: null, synthetic })
      }
      const gone = new Set(planRetention(facts).expired)
      backups = backups.filter((backup) => !gone.has(backup))
      const windowFromMs = nowMs - retainMs
      for (const backup of backups) {
        assert(backup.startedMs >= windowFromMs - HOUR_MS, `${nowMs - START_MS}: ${backup.id}`)
      }
      assert(chainOf(backups, backups.at(-1)!).length > 0)
      if (windowFromMs < (firstEnd(ended) ?? 0)) continue
      assert(backups.some(({ finishedMs }) => finishedMs <= windowFromMs))
    }
    assert(made > 30, `${made} made`)
  })
}

test('retention: what is made to stand alone is the next base, not before its time', () => {
  const full = backupAt(0, 10, null)
  const first = backupAt(HOUR_MS, 10, full.id)
  const second = backupAt(5 * HOUR_MS, 10, full.id)
  const runs = [{ timeline: 1, writtenMs: 0 }]
  const at = (nowMs: number, backups: BackupEntry[]): BackupEntry | undefined =>
    nextToStandAlone({ nowMs, retainMs: DAY_MS, backups, runs, histories: new Map() })
  assert.equal(at(HOUR_MS, [full, first, second]), undefined, 'young: the full one is the first')
  assert.equal(at(DAY_MS + 100, [full, first, second]), first)
  const alone = { ...first, id: full.id.replace('0101', '0102'), parent: null }
  assert.equal(at(DAY_MS + 2 * HOUR_MS, [full, first, second, alone]), undefined, 'not yet')
  assert.equal(at(DAY_MS + 4 * HOUR_MS, [full, first, second, alone]), second)
  assert.equal(at(DAY_MS + 9 * HOUR_MS, [full, first, second]), second, 'late is better than never')
})
