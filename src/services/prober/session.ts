/**
 * One run of one probe: bounded in time, always a measurement at the end.
 *
 * A probe that throws, hangs or is cut off proves nothing and refutes nothing: `unmeasured`.
 *
 * @module
 */
import type { Measurement } from '#lib/claims/statement.ts'
import { VeiligError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import { finding, type Probe, type Verdict } from './probe.ts'

/** Runs a probe once. Never throws. @param signal Aborts when the prober stops. */
export async function runProbe(
  claim: string,
  probe: Probe,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Measurement> {
  const startedMs = clock.nowMs()
  const verdict = await bounded(probe, timeoutMs, signal)
  // A clock set back while the probe ran must not make the end lie before the start.
  const endedMs = Math.max(startedMs, clock.nowMs())
  const runs = { count: 1, firstMs: endedMs }
  const { outcome, findings } = verdict
  return { claim, outcome, findings, startedMs, endedMs, runs, probeVersion: probe.version }
}

async function bounded(probe: Probe, timeoutMs: number, stop: AbortSignal): Promise<Verdict> {
  const controller = new AbortController()
  const signal = AbortSignal.any([stop, controller.signal])
  const { promise: cut, resolve } = Promise.withResolvers<Verdict>()
  const timer = setTimeout(() => {
    controller.abort()
    resolve(unmeasured('PROBE_TIMED_OUT', { seconds: Math.ceil(timeoutMs / 1000) }))
  }, timeoutMs)
  try {
    return await Promise.race([probe.measure(signal).catch(explain), cut])
  } finally {
    clearTimeout(timer)
    controller.abort()
  }
}

function explain(error: unknown): Verdict {
  if (error instanceof Error && 'target' in error && typeof error.target === 'string')
    return unmeasured('PROBE_NOT_REACHED', { target: error.target.slice(0, TARGET_MAX) })
  const code = error instanceof VeiligError ? error.code : systemCode(error)
  return unmeasured('PROBE_BROKE', { code })
}

const TARGET_MAX = 200

function systemCode(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : 'ERROR'
}

function unmeasured(code: string, values: Readonly<Record<string, string | number>>): Verdict {
  return { outcome: 'unmeasured', findings: [finding(code, values)] }
}
