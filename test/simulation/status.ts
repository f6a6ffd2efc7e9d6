/**
 * Days of the status service in seconds: its own loop, votes and states and three real vantages, on
 * a simulated clock, over a network that loses looks and reports at random.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import { ed25519PrivateKey, noteSigner, noteVerifier } from '#crypto/signed-note.ts'
import { mulberry32 } from '#kit/random.ts'
import type { Looked } from '#services/status/monitors/look.ts'
import type { StatusPorts, Watched } from '#services/status/ports.ts'
import type { StatusConfig } from '#services/status/config.ts'
import { StatusSession } from '#services/status/session.ts'
import { openReport } from '#services/status/vantage/report.ts'
import { serveVantage } from '#services/status/vantage/serve.ts'
import { Votes } from '#services/status/vantage/votes.ts'
import { watchAll } from '#services/status/watch.ts'
import { SimulatedClock } from './clock.ts'

const SECOND_MS = 1000
const DAY_MS = 86_400_000
const TIMEOUT_SECONDS = 5
const INTERVAL_SECONDS = 10
const NAMES = ['east', 'west', 'north'] as const

export type Outage = { readonly fromMs: number; readonly untilMs: number }

export type Lived = {
  readonly outages: readonly Outage[]
  /** When the component was first said to be down, or no longer, by the simulated clock. */
  readonly turns: readonly { readonly atMs: number; readonly state: string }[]
  readonly looks: number
  readonly lost: number
}

/** @param loss Of each look, reference and report apart, from 0 to 1. */
export async function liveWithLoss(days: number, loss: number, seed: number): Promise<Lived> {
  const random = mulberry32(seed)
  const clock = new SimulatedClock()
  const startMs = clock.nowMs()
  const outages = outagesOf(startMs, days, random)
  const counts = { looks: 0, lost: 0 }
  const turns: { atMs: number; state: string }[] = []
  const isDown = (): boolean => {
    const nowMs = clock.nowMs()
    return outages.some(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs)
  }
  const isLost = (): boolean => {
    counts.looks++
    const lost = random() < loss
    if (lost) counts.lost++
    return lost
  }
  const look = async (): Promise<Looked> => {
    if (!isLost())
      return isDown() ? { up: false, tookMs: 0, reason: 'REFUSED' } : { up: true, tookMs: 0 }
    await clock.sleep(TIMEOUT_SECONDS * SECOND_MS)
    return { up: false, tookMs: TIMEOUT_SECONDS * SECOND_MS, reason: 'TIMED_OUT' }
  }
  const reference = async (): Promise<void> => {
    if (isLost()) throw new Error('the reference is out of reach')
  }
  const name = { en: 'Site', nl: 'Site', fr: 'Site' }
  const watched: Watched[] = [{ id: 'site', name, look }]
  const complain = (): void => undefined
  const signers = NAMES.map((one, at) =>
    noteSigner(one, ed25519PrivateKey(new Uint8Array(32).fill(at))),
  )
  const verifiers = signers.map((signer) => noteVerifier(signer.verifierKey))
  const gapMaxMs = (2 * INTERVAL_SECONDS + TIMEOUT_SECONDS) * SECOND_MS
  const votes = new Votes(NAMES, ['site'], gapMaxMs)
  const session = new StatusSession({ down: 2, up: 2, unknown: 2 }, gapMaxMs)
  const trail: AuditTrail = {
    append: ([event]) => {
      turns.push({ atMs: clock.nowMs(), state: String(event?.detail?.['state']) })
      return undefined
    },
    flush: () => Promise.resolve(),
  }
  const times = { intervalSeconds: INTERVAL_SECONDS, timeoutSeconds: TIMEOUT_SECONDS }
  const send = async (report: string): Promise<void> => {
    if (isLost()) throw new Error('lost')
    votes.take(openReport(report, verifiers), clock.nowMs())
  }
  const stop = new AbortController()
  const vantages = await Promise.all(
    signers.map((signer) =>
      serveVantage(times, { watched, reference, clock, signer, send, complain }),
    ),
  )
  const ports = { watched, reference, clock, trail } as unknown as StatusPorts
  const loop = watchAll(times as StatusConfig, ports, session, votes, stop.signal)
  for (let day = 0; day < days; day++) {
    await clock.pass(DAY_MS)
    session.drop(session.finished(clock.nowMs()))
  }
  stop.abort()
  await Promise.all([loop, ...vantages.map((one) => one[Symbol.asyncDispose]())])
  return { outages, turns, ...counts }
}

/** Two a day, each of one to ten minutes, never nearer to each other than an hour. */
function outagesOf(startMs: number, days: number, random: () => number): Outage[] {
  return Array.from({ length: days * 2 }, (_, at) => {
    const fromMs = startMs + (at * DAY_MS) / 2 + 3_600_000 + Math.floor(random() * 36_000_000)
    return { fromMs, untilMs: fromMs + 60_000 + Math.floor(random() * 540_000) }
  })
}
