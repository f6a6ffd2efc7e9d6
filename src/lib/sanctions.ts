/**
 * What was decided against a session, an address or a role, until when; how detection tells the
 * gateways, and how they read it.
 *
 * @module
 */

export const sanctionKinds = ['session', 'address', 'role'] as const

export type Sanction = {
  /** Of the incident it answers; what takes it back is named by it. */
  readonly incident: string
  readonly kind: (typeof sanctionKinds)[number]
  /** Of the session, the address, or the role's name. */
  readonly value: string
  /** Milliseconds since the Unix epoch; after it, it is as if it never was. */
  readonly untilMs: number
}

/** Sanctions at once: more would be a war, and people decide about those. */
export const SANCTIONS_MAX = 10_000

export function encodeSanctions(sanctions: readonly Sanction[]): string {
  return `${JSON.stringify({ sanctions: sanctions.slice(0, SANCTIONS_MAX) })}\n`
}

/** @returns Undefined for what is not wholly well formed: half a decision is none. */
export function parseSanctions(text: string): readonly Sanction[] | undefined {
  try {
    const { sanctions } = JSON.parse(text) as { readonly sanctions?: unknown }
    if (!(sanctions instanceof Array) || sanctions.length > SANCTIONS_MAX) return undefined
    return sanctions.every(isSanction) ? sanctions : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}

function isSanction(value: unknown): value is Sanction {
  if (typeof value !== 'object' || value === null) return false
  const { incident, kind, value: whom, untilMs } = value as Partial<Record<string, unknown>>
  const known = sanctionKinds.some((name) => name === kind)
  return known && typeof incident === 'string' && typeof whom === 'string' && isTime(untilMs)
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}
