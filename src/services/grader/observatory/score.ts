/**
 * The score and grade of the HTTP Observatory from the results of its tests.
 *
 * @module
 */
import type { Visit } from '../visit.ts'
import { observatoryResults, type ObservatoryCode } from './results.ts'
import { observatoryTests } from './tests.ts'

/** The most there is: 100, and all bonuses. */
export const OBSERVATORY_MAX = 145

/** Bonuses count only for those who lose no more than this. */
const BONUS_FROM = 90

export type ObservatoryTest = {
  readonly test: string
  readonly code: ObservatoryCode
  readonly modifier: number
  readonly says: string
  readonly mend: string
}

export type ObservatoryGrade = {
  readonly score: number
  readonly grade: string
  readonly tests: readonly ObservatoryTest[]
}

/** Grades a visit by algorithm 4. */
export function gradeByObservatory(visit: Visit): ObservatoryGrade {
  const tests = [...observatoryTests(visit)].map(([test, code]) => ({
    test,
    code,
    ...observatoryResults[code],
  }))
  const sum = (modifiers: readonly number[]): number =>
    modifiers.reduce((total, modifier) => total + modifier, 100)
  const modifiers = tests.map(({ modifier }) => modifier)
  const lost = sum(modifiers.filter((modifier) => modifier < 0))
  const score = Math.max(0, lost >= BONUS_FROM ? sum(modifiers) : lost)
  return { score, grade: letterOf(score), tests }
}

const letters: readonly (readonly [number, string])[] = [
  [100, 'A+'],
  [90, 'A'],
  [85, 'A-'],
  [80, 'B+'],
  [70, 'B'],
  [65, 'B-'],
  [60, 'C+'],
  [50, 'C'],
  [45, 'C-'],
  [40, 'D+'],
  [30, 'D'],
  [25, 'D-'],
]

function letterOf(score: number): string {
  return letters.find(([from]) => score >= from)?.[1] ?? 'F'
}
