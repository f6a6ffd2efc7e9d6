/**
 * The book's promises, with the power or the process cut at every operation.
 *
 * Method: run the same session again and again, cutting at operation 0, 1, 2, … until a run
 * survives, each under several seeds; then open the book as the next process would, itself cut once
 * at a random operation, and look at what is in it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ed25519PrivateKey, noteSigner } from '#crypto/signed-note.ts'
import { CrashingDisk, PowerCut } from '#kit/crashing-disk.ts'
import { quickClock } from '#kit/quick-clock.ts'
import { mulberry32 } from '#kit/random.ts'
import { auditModes, type AuditMode } from './config.ts'
import { openTrail } from './open.ts'
import { readEvents } from './read.ts'
import type { AuditEvent, AuditTrail } from './trail.ts'
import { verifyBook } from './verify.ts'

const SEEDS = Number(process.env['FAULT_SEEDS'] ?? 2)
const APPENDS = 14
const OPERATIONS_MAX = 1000
const signer = noteSigner('n1/audit/writer', ed25519PrivateKey(new Uint8Array(32).fill(1)))
const limits = { segmentBytesMax: 1500 }

type Session = {
  /** Every append made, in order. */
  readonly sent: AuditEvent[][]
  /** So many of these appends were promised to survive a power cut, and a killed process. */
  promised: number
  written: number
  survived: boolean
}

for (const mode of auditModes) {
  test(`audit: ${mode}: whenever power fails, nothing promised is lost, nothing invented`, () =>
    everywhere(mode, async (disk, session, where) => {
      const options = { seed: 1, crashAt: where.recrashAt }
      const next = where.killed ? disk.afterKill(options) : disk.afterPowerCut(options)
      const kept = await reopened(next, mode, (cut) => cut.afterPowerCut())
      const count = wholeAppends(session, kept, where.text)
      assert(
        count >= session.promised,
        `${where.text}: ${session.promised} promised, ${count} kept`,
      )
    }))

  test(`audit: ${mode}: whenever the process is killed, nothing written is lost`, () =>
    everywhere(mode, async (disk, session, where) => {
      const next = disk.afterKill({ seed: 1, crashAt: where.recrashAt })
      const kept = await reopened(next, mode, (cut) => cut.afterKill())
      const count = wholeAppends(session, kept, where.text)
      assert(count >= session.written, `${where.text}: ${session.written} written, ${count} kept`)
    }))
}

/** `killed`: first the process alone, and the power only under the one after it. */
type Where = { readonly text: string; readonly recrashAt: number; readonly killed: boolean }

async function everywhere(
  mode: AuditMode,
  check: (disk: CrashingDisk, session: Session, where: Where) => Promise<void>,
): Promise<void> {
  for (let seed = 0; seed < SEEDS; seed++) {
    const random = mulberry32(seed)
    for (let crashAt = 0; ; crashAt++) {
      assert(crashAt < OPERATIONS_MAX)
      const disk = new CrashingDisk({ seed, crashAt })
      const session = await run(disk, mode, seed)
      const recrashAt = Math.floor(random() * 12)
      const killed = random() < 0.5
      const text = `seed ${seed}, cut at operation ${crashAt} (${killed}), then at ${recrashAt}`
      await check(disk, session, { text, recrashAt, killed })
      if (!session.survived) continue
      assert(crashAt > 2 * APPENDS, 'the session is too short to prove anything')
      break
    }
  }
}

/** One process's life: appends of one to four events, some waited for, until it is cut. */
async function run(disk: CrashingDisk, mode: AuditMode, seed: number): Promise<Session> {
  const random = mulberry32(seed)
  const session: Session = { sent: [], promised: 0, written: 0, survived: true }
  const waiting: Promise<void>[] = []
  try {
    await using trail = await open(disk, mode)
    for (let index = 0; index < APPENDS; index++) {
      const size = 1 + Math.floor(random() * 4)
      const events = Array.from({ length: size }, (_, part) => ({
        code: 'TEST_HAPPENED',
        detail: { index, part, text: 'x'.repeat(Math.floor(random() * 80)) },
      }))
      session.sent.push(events)
      const count = session.sent.length
      const done = trail.append(events)
      if (mode !== 'relaxed') session.written = count
      const settled = done?.then(() => {
        session.promised = Math.max(session.promised, count)
      })
      if (settled) waiting.push(settled)
      if (random() < 0.5) await settled
      if (random() < 0.2) await flushed(trail, session)
      for (let turn = Math.floor(random() * 30); turn > 0; turn--) await Promise.resolve()
    }
    await flushed(trail, session)
  } catch (error) {
    if (!isPowerCut(error)) throw error
    session.survived = false
  }
  for (const result of await Promise.allSettled(waiting))
    if (result.status === 'rejected' && !isPowerCut(result.reason)) throw result.reason
  return session
}

async function flushed(trail: AuditTrail, session: Session): Promise<void> {
  const count = session.sent.length
  await trail.flush()
  session.promised = Math.max(session.promised, count)
  session.written = Math.max(session.written, count)
}

/** What the next process finds; it is cut once itself, and the one after it verifies the book. */
async function reopened(
  disk: CrashingDisk,
  mode: AuditMode,
  after: (disk: CrashingDisk) => CrashingDisk,
): Promise<AuditEvent[]> {
  let found = disk
  try {
    await using trail = await open(disk, mode)
    await trail.append([{ code: 'TEST_REOPENED', detail: {} }])
  } catch (error) {
    if (!isPowerCut(error)) throw error
    found = after(disk)
  }
  await (await open(found, mode))[Symbol.asyncDispose]()
  const report = await verifyBook({ folder: '/audit', process: 'writer', disk: found })
  assert.deepEqual(report.findings, [])
  assert.equal(report.vouched, report.records)
  const events: AuditEvent[] = []
  for await (const event of readEvents({ folder: '/audit', process: 'writer', disk: found })) {
    assert.equal(event.process, 'writer')
    if (event.code === 'TEST_HAPPENED') events.push({ code: event.code, detail: event.detail })
  }
  return events
}

/** How many appends are there: whole, in order, none that was not made. */
function wholeAppends({ sent }: Session, kept: readonly AuditEvent[], where: string): number {
  let count = 0
  let at = 0
  for (; at < kept.length; count++) {
    const events = sent[count]
    assert(events, `${where}: more than was sent`)
    assert.deepEqual(kept.slice(at, at + events.length), events, where)
    at += events.length
  }
  return count
}

function open(disk: CrashingDisk, mode: AuditMode): Promise<AuditTrail & AsyncDisposable> {
  const clock = quickClock()
  const options = { folder: '/audit', process: 'writer', node: 'n1', mode, disk, clock, signer }
  return openTrail({ ...options, limits })
}

function isPowerCut(error: unknown): boolean {
  if (error instanceof PowerCut) return true
  if (error instanceof SuppressedError) return isPowerCut(error.error)
  return error instanceof Error && isPowerCut(error.cause)
}
