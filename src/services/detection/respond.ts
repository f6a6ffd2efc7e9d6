/**
 * What is done by itself about an alert: by rule, within limits, and never to those spared.
 *
 * @module
 */
import type { Sanction } from '#lib/sanctions.ts'
import type { Alert } from './alert.ts'
import type { DetectionConfig, ResponseRule } from './config.ts'

/** A rule met, and what follows from it. */
export type Response = { readonly mode: ResponseRule['mode']; readonly sanction: Sanction }

const MINUTE_MS = 60_000

/** The answers to an alert, at most one of each kind; none to a drill. */
export function responsesTo(alert: Alert, config: DetectionConfig['respond']): readonly Response[] {
  if (alert.drill !== undefined) return []
  if (config.spareRoles.includes(alert.role) || config.spareAddresses.includes(alert.address))
    return []
  const found = new Map<Sanction['kind'], Response>()
  for (const rule of config.rules) {
    const { action: kind, mode, minutes } = rule
    const value = { session: alert.session, address: alert.address, role: alert.role }[kind]
    if (value === '' || !isNamed(alert.detector, rule)) continue
    if (found.get(kind)?.mode === 'enforce') continue
    const untilMs = alert.atMs + minutes * MINUTE_MS
    found.set(kind, { mode, sanction: { incident: alert.id, kind, value, untilMs } })
  }
  return [...found.values()]
}

function isNamed(id: string, { detectors }: ResponseRule): boolean {
  return detectors.some((name) =>
    name.endsWith('*') ? id.startsWith(name.slice(0, -1)) : id === name,
  )
}
