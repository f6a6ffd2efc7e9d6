/**
 * How grave a vulnerability is, from its CVSS 3 vector. Pure.
 *
 * Source: FIRST, CVSS v3.1 specification, §7.1 (base score) and §5 (names of the ranges).
 *
 * @module
 */
import type { Severity } from './osv.ts'

const values: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
}
/** Privileges weigh otherwise when what is harmed is not what is broken. */
const privileges: Readonly<Record<string, readonly [same: number, changed: number]>> = {
  N: [0.85, 0.85],
  L: [0.62, 0.68],
  H: [0.27, 0.5],
}

/** @returns The base score, 0 to 10, or undefined when it is no vector of version 3. */
export function cvssScore(vector: string): number | undefined {
  if (!/^CVSS:3\.[01]\//.test(vector)) return undefined
  const given = new Map(vector.split('/').map((part) => part.split(':') as [string, string]))
  const changed = given.get('S') === 'C'
  const value = (name: string): number => values[name]?.[given.get(name) ?? ''] ?? Number.NaN
  const privilege = privileges[given.get('PR') ?? '']?.[changed ? 1 : 0] ?? Number.NaN
  const base = 1 - (1 - value('C')) * (1 - value('I')) * (1 - value('A'))
  const impact = changed ? 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 : 6.42 * base
  const exploitability = 8.22 * value('AV') * value('AC') * privilege * value('UI')
  if (Number.isNaN(impact + exploitability)) return undefined
  if (impact <= 0) return 0
  return roundUp(Math.min(10, (changed ? 1.08 : 1) * (impact + exploitability)))
}

/** §7: `low` below 4, `moderate` below 7, `high` below 9. */
export function severityOfScore(score: number): Severity {
  if (score >= 9) return 'critical'
  if (score >= 7) return 'high'
  return score >= 4 ? 'moderate' : 'low'
}

/** Appendix A: up to one decimal, without the noise of binary fractions. */
function roundUp(score: number): number {
  const whole = Math.round(score * 100_000)
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10
}
