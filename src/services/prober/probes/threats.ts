/**
 * threat.detected and threat.alerted: synthetic attacks through the gateway, known by a number
 * nobody could foresee, and what became of them.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { Finding } from '#lib/claims/statement.ts'
import { finding, notReached, verdictOf, type Probe } from '../probe.ts'

export type SeenAlert = { readonly detector: string }
export type SeenDelivery = { readonly channel: string; readonly latencyMs: number }

/** Detection's book, from outside. Undefined when the signal aborted first. */
export type AlertView = {
  awaitAlert(drill: string, signal: AbortSignal): Promise<SeenAlert | undefined>
  awaitDelivery(drill: string, signal: AbortSignal): Promise<SeenDelivery | undefined>
}

export type ThreatTarget = {
  /** Runs a statement through the gateway; whether PostgreSQL does it does not matter. */
  readonly attempt: (sql: string, signal: AbortSignal) => Promise<string>
  readonly alerts: AlertView
  /** An alert delivered later than this shows the claim false. */
  readonly alertMaxMs: number
}

const PATIENCE_MS = 6_000
const NONCE_BYTES = 16
/** What an application says all day, so that what is injected into it is known as that. */
const ORDINARY_TIMES = 5

type Attack = { readonly name: string; readonly family: string; readonly sql: string }

/** Neither does anything: the prober's role sees nothing and may nothing. */
const attacks: readonly Attack[] = [
  {
    name: 'SQL injection',
    family: 'sqli.',
    sql: `select relname from pg_class where relname = '' or 1=1 --`,
  },
  { name: 'SET ROLE', family: 'escalation.', sql: 'set role postgres --' },
  { name: 'COPY PROGRAM', family: 'escalation.', sql: `copy (select 1) to program 'true' --` },
]

export function threatDetectedProbe(target: ThreatTarget): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      await sayOrdinary(target, signal)
      const seen = await Promise.all(attacks.map((attack) => isNoticed(target, attack, signal)))
      const good = seen.filter(({ code }) => code === 'THREAT_NOTICED')
      const bad = seen.filter(({ code }) => code !== 'THREAT_NOTICED')
      return verdictOf(good, bad)
    },
  }
}

async function isNoticed(
  target: ThreatTarget,
  { name, family, sql }: Attack,
  signal: AbortSignal,
): Promise<Finding> {
  const drill = newDrill()
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  const waiting = target.alerts.awaitAlert(drill, patience)
  waiting.catch(() => undefined) // awaited below
  await through(target, `${sql} ${drill}`, signal)
  const alert = await waiting
  return alert?.detector.startsWith(family)
    ? finding('THREAT_NOTICED', { attack: name, detector: alert.detector })
    : finding('THREAT_UNNOTICED', { attack: name, seconds: PATIENCE_MS / 1000 })
}

export function threatAlertedProbe(target: ThreatTarget): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      const drill = newDrill()
      const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
      const waiting = target.alerts.awaitDelivery(drill, patience)
      waiting.catch(() => undefined) // awaited below
      await through(target, `set role postgres -- ${drill}`, signal)
      const delivery = await waiting
      if (!delivery)
        return verdictOf([], [finding('ALERT_MISSING', { seconds: PATIENCE_MS / 1000 })])
      const values = { channel: delivery.channel, ms: delivery.latencyMs, limit: target.alertMaxMs }
      return delivery.latencyMs <= target.alertMaxMs
        ? verdictOf([finding('ALERT_ARRIVED', values)], [])
        : verdictOf([], [finding('ALERT_LATE', values)])
    },
  }
}

function newDrill(): string {
  return `veilig-drill-${randomBytes(NONCE_BYTES).toString('hex')}`
}

async function sayOrdinary(target: ThreatTarget, signal: AbortSignal): Promise<void> {
  for (let at = 0; at < ORDINARY_TIMES; at++) {
    const name = randomBytes(4).toString('hex')
    await through(target, `select relname from pg_class where relname = '${name}'`, signal)
  }
}

async function through(target: ThreatTarget, sql: string, signal: AbortSignal): Promise<void> {
  try {
    await target.attempt(sql, signal)
  } catch (error) {
    throw notReached('the SQL gateway', error)
  }
}
