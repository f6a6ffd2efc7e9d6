/**
 * The prober: every probe on its own beat, each result handed to the notary unsigned.
 *
 * @module
 */
import { canonicalBytes } from '#crypto/canonical-json.ts'
import { sentenceDigest } from '#crypto/evidence.ts'
import type { Claim } from '#lib/claims/claim.ts'
import { toStatement, type Outcome } from '#lib/claims/statement.ts'
import { claims } from '#lib/claims/table.ts'
import { VeiligError } from '#lib/errors.ts'
import type { RunningService } from '#system/service.ts'
import type { ProberConfig } from './config.ts'
import type { ProberPorts } from './ports.ts'
import type { Probe } from './probe.ts'
import { beatMs, isDue, markOf, unmeasuredAfter, type LastRun } from './pace.ts'
import { runProbe } from './session.ts'

const SECOND_MS = 1000
/** Probes begin this far apart, so that they do not measure one another. */
const STAGGER_MS = 250

export function serveProber(config: ProberConfig, ports: ProberPorts): Promise<RunningService> {
  const stop = new AbortController()
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined) // whoever waits for it hears of it
  const loops = claims.flatMap((claim, at) => {
    const probe = ports.probes.get(claim.id)
    if (!probe) return []
    return [beat(claim, probe, at * STAGGER_MS, config, ports, stop.signal).catch(fail)]
  })
  return Promise.resolve({
    failed,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await Promise.all(loops)
    },
  })
}

async function beat(
  claim: Claim,
  probe: Probe,
  delayMs: number,
  config: ProberConfig,
  ports: ProberPorts,
  stop: AbortSignal,
): Promise<void> {
  await sleep(ports, delayMs, stop)
  let last: LastRun | undefined
  let unmeasured: number | undefined
  while (!stop.aborted) {
    const startedMs = ports.clock.monotonicMs()
    const mark = await markOf(probe, config.timeoutSeconds * SECOND_MS, stop)
    if (isDue(probe, last, startedMs, mark)) {
      const outcome = await once(claim, probe, config, ports, stop)
      last = { outcome, startedMs, mark }
      unmeasured = unmeasuredAfter(unmeasured, outcome)
    }
    const spentMs = ports.clock.monotonicMs() - startedMs
    const wholeMs = beatMs(config.intervalSeconds * SECOND_MS, unmeasured)
    await sleep(ports, Math.max(SECOND_MS, wholeMs - spentMs), stop)
  }
}

async function once(
  claim: Claim,
  probe: Probe,
  config: ProberConfig,
  ports: ProberPorts,
  stop: AbortSignal,
): Promise<Outcome> {
  const timeoutMs = config.timeoutSeconds * SECOND_MS
  const measurement = await runProbe(claim.id, probe, timeoutMs, ports.clock, stop)
  const { outcome, startedMs, endedMs, findings } = measurement
  if (stop.aborted) return outcome
  const codes = findings.map(({ code }) => code).join(' ')
  const detail = { claim: claim.id, outcome, codes, durationMs: endedMs - startedMs }
  await ports.trail.append([{ code: 'PROBE_RAN', detail }])
  try {
    const statement = toStatement(measurement, sentenceDigest(claim.sentence))
    await ports.submit(canonicalBytes(statement), AbortSignal.timeout(timeoutMs))
  } catch (error) {
    const { code, message } =
      error instanceof VeiligError ? error : { code: 'NOTARY_UNREACHABLE', message: String(error) }
    ports.complain(code, claim.id, message)
  }
  return outcome
}

async function sleep(ports: ProberPorts, ms: number, stop: AbortSignal): Promise<void> {
  await ports.clock.sleep(ms, stop).catch((error: unknown) => {
    if (!stop.aborted) throw error
  })
}
