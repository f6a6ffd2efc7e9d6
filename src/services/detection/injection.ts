/**
 * SQL injection, from the statement as PostgreSQL parsed it and from what its role usually says.
 *
 * A known strict tree is benign, unless a comment cut it to that form. An unknown one is
 * suspicious by where it leaves the known ones, and by what it bears that they do not. Neither the
 * text nor a list of bad words decides.
 *
 * @module
 */
import { marks } from '#protocol/sql/marks.ts'
import { Profile, type Departure } from '#protocol/sql/profile.ts'
import { signs, weightOf } from '#protocol/sql/signs.ts'
import { isOddContinuation, isProbe, isWeird } from './continuation.ts'
import type { Reading } from './reading.ts'

export type InjectionAlert =
  | 'sqli.structure'
  | 'sqli.timing'
  | 'sqli.catalogue'
  | 'sqli.functions'
  | 'sqli.syntax-probing'
  | 'sqli.unreadable'

/** Statements by the same beginning after which an unknown continuation is unusual in itself. */
const PASSED_MIN = 5
/** Words from the value to where a statement leaves: an injection begins at once. */
const SINCE_VALUE_MAX = 1
/** Where at least one in so many statements takes a way of its own, novelty says nothing. */
const NOVELTY_ONE_IN = 20

/** Weight of signs that is an injection, whoever says it and after whatever beginning. */
const WEIGHT_ALONE = 5.5
/** The same where a known statement had a value, and goes on in another way. */
const WEIGHT_AT_VALUE = 1.5
/** The same for a role that makes its statements up. */
const WEIGHT_AT_VALUE_EXPLORING = 2

/**
 * @param profile What the role was heard to say; undefined when it is not known at all.
 * @returns Detectors that this statement sets off; none for an ordinary one.
 */
export function judgeInjection(
  reading: Reading,
  profile: Profile | undefined,
): readonly InjectionAlert[] {
  if (reading.parsed.kind === 'refused')
    return reading.parsed.reason === 'TOO_DEEP' ? ['sqli.unreadable'] : []
  const known = reading.parsed.kind === 'tree' && profile?.knows(reading.shape) === true
  if (known && !reading.hasComment) return []
  const departure = (profile ?? EMPTY).departure(reading.path)
  if (reading.parsed.kind === 'syntax-error') return isProbe(departure) ? [PROBING] : []
  if (known) {
    if (departure.whole) return []
    return departure.atValue && departure.passed > 0 ? ['sqli.structure'] : []
  }
  const { bearing } = reading
  const found = bearing.marks & ~departure.marks
  const speaking = bearing.signs & ~departure.signs & ~(profile?.habits ?? 0)
  const exploring = profile?.exploring ?? false
  const evidence = { departure, found, weight: weightOf(speaking), exploring }
  return isInjection(evidence) ? alertsFor(speaking) : []
}

const PROBING = 'sqli.syntax-probing'
const EMPTY = new Profile()

type Evidence = {
  readonly departure: Departure
  /** Marks beyond those of the statements that came this way. */
  readonly found: number
  /** Of the signs that neither they nor the role bear by habit. */
  readonly weight: number
  /** Whether the role makes up its statements, as a person at a prompt does. */
  readonly exploring: boolean
}

function isInjection({ departure, found, weight, exploring }: Evidence): boolean {
  if (weight >= WEIGHT_ALONE) return true
  const { atValue, inClause, passed, whole, varied, sinceValue } = departure
  if (!atValue || passed === 0 || whole || isAnother(departure)) return false
  if ((found & marks.utility) !== 0 && (found & marks.stacked) === 0) return false
  if (exploring) {
    if (inClause && weight >= WEIGHT_AT_VALUE_EXPLORING) return true
    if (!(inClause && varied) || !isHabit(departure)) return false
  } else if (weight >= WEIGHT_AT_VALUE) return true
  if (sinceValue > SINCE_VALUE_MAX) return false
  if (isBeatenTrack(departure)) return weight >= 1 || isOddContinuation(departure)
  return !exploring && departure.ways === 1 && isWeird(departure)
}

/** After `SELECT 1` was heard, a statement that shares the first word with it is another one. */
function isAnother({ before, replacesValue }: Departure): boolean {
  return replacesValue && before === ' select '
}

/** Whether a role that makes up its statements says this one again and again. */
function isHabit(departure: Departure): boolean {
  return isBeatenTrack(departure) && departure.shapes * PASSED_MIN <= departure.passed
}

/** Whether so many passed here, on so few ways, that a new way is remarkable. */
function isBeatenTrack({ passed, ways, once }: Departure): boolean {
  return passed >= PASSED_MIN && once * NOVELTY_ONE_IN <= passed && ways * 2 <= passed
}

function alertsFor(speaking: number): readonly InjectionAlert[] {
  const alerts: InjectionAlert[] = ['sqli.structure']
  if (speaking & signs.sleep) alerts.push('sqli.timing')
  if (speaking & (signs.catalogue | signs.foreignTable)) alerts.push('sqli.catalogue')
  if (speaking & signs.dangerous) alerts.push('sqli.functions')
  return alerts
}
