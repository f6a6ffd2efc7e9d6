/**
 * Every detector: what it is called here and elsewhere, how bad it is, what to do. One table.
 *
 * @module
 */
import { escalations } from '#protocol/sql/escalations.ts'

export type Severity = 'low' | 'medium' | 'high' | 'critical'

export type Detector = {
  readonly id: string
  readonly severity: Severity
  readonly title: string
  /** What Azure SQL, Defender or GuardDuty call the same; '' where they have none. */
  readonly elsewhere: string
  /** One sentence for whoever is woken by it. */
  readonly advice: string
}

function detector(
  id: string,
  severity: Severity,
  title: string,
  elsewhere: string,
  advice: string,
): Detector {
  return { id, severity, title, elsewhere, advice }
}

const INPUT = 'Find the request by its time and call site, and pass that value as a parameter.'
const WHO = 'Ask whoever holds this account; if nobody knows of it, change its password now.'
const READ = 'Look at what was read in the audit trail, and end the session if it still runs.'
const TAKE_BACK = 'Undo it, find how the role came to it, and take away the right it needed.'

const injections: readonly Detector[] = [
  detector(
    'sqli.structure',
    'high',
    'SQL injection',
    'Azure SQL: SQL.DB_PotentialSqlInjection',
    INPUT,
  ),
  detector(
    'sqli.syntax-probing',
    'medium',
    'Probing for SQL injection',
    'Azure SQL: SQL.DB_VulnerabilityToSqlInjection',
    INPUT,
  ),
  detector('sqli.timing', 'high', 'SQL injection that measures time', '', INPUT),
  detector('sqli.catalogue', 'high', 'SQL injection that lists the tables', '', INPUT),
  detector('sqli.functions', 'critical', 'SQL injection that leaves the database', '', INPUT),
]

const accesses: readonly Detector[] = [
  detector(
    'login.brute-force',
    'medium',
    'Passwords are being guessed',
    'Azure SQL and Defender: BruteForce; GuardDuty: AnomalousBehavior.FailedLogin',
    'Take the address off the allow-list; the account is safe while its password is random.',
  ),
  detector(
    'login.success-after-failures',
    'high',
    'A login succeeded after many wrong passwords',
    'Defender: BruteForce success; GuardDuty: AnomalousBehavior.SuccessfulBruteForce',
    WHO,
  ),
  detector(
    'access.new-address',
    'low',
    'An account is used from an address that is new for it',
    'Azure SQL and Defender: GeoAnomaly, DataCenterAnomaly; GuardDuty: SuccessfulLogin',
    WHO,
  ),
  detector(
    'access.new-tool',
    'low',
    'An account is used with a program that is new for it',
    'Azure SQL and Defender: HarmfulApplication',
    WHO,
  ),
  detector(
    'access.refused',
    'medium',
    'A statement outside the rules of its role was refused',
    '',
    'Nothing was done in the database; find what asked for it.',
  ),
  detector('data.replication-started', 'critical', 'A stream of all changes was opened', '', READ),
  detector('data.mass-read', 'high', 'An account reads far more rows than it ever did', '', READ),
  detector(
    'data.mass-change',
    'high',
    'A statement changed or deleted far more rows than the account ever did',
    '',
    'If it was not meant, restore to the moment before it: `veilig restore --to TIME`.',
  ),
]

const waysToMore = escalations.map(({ id, gravity, title }) =>
  detector(`escalation.${id}`, gravity, title, '', TAKE_BACK),
)

export const detectors: readonly Detector[] = [...injections, ...accesses, ...waysToMore]

const byId = new Map(detectors.map((found) => [found.id, found]))

/** The detector of an id. @throws {Error} When there is none: a bug. */
export function detectorOf(id: string): Detector {
  const found = byId.get(id)
  if (!found) throw new Error(`no detector ${id}`)
  return found
}
