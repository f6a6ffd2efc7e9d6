/**
 * Every detector: what it is called here and elsewhere, how bad it is, what to do. One table.
 *
 * @module
 */
import type { Primitive } from '#protocol/sql/primitives.ts'

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
  detector('data.mass-read', 'high', 'An account reads far more rows than it ever did', '', READ),
  detector(
    'data.mass-change',
    'high',
    'A statement changed or deleted far more rows than the account ever did',
    '',
    'If it was not meant, restore to the moment before it: `veilig restore --to TIME`.',
  ),
]

const primitives: Readonly<Record<Primitive, readonly [Severity, string]>> = {
  'alter-system': ['critical', 'The server’s configuration was to be changed'],
  'catalogue-write': ['critical', 'PostgreSQL’s own tables were to be written'],
  'copy-file': ['critical', 'A file of the server was to be read or written by COPY'],
  'copy-program': ['critical', 'A program was to be run on the database server'],
  dblink: ['high', 'The database was to connect to another'],
  'do-block': ['medium', 'An anonymous program was run in the database'],
  'event-trigger': ['high', 'A trigger on commands was to be set'],
  'grant-public': ['medium', 'A right was given to everybody'],
  'grant-role': ['high', 'A role was to be given more rights'],
  'large-object-file': ['critical', 'A file was to pass through a large object'],
  'load-library': ['critical', 'A library was to be loaded into the server'],
  'password-hashes': ['critical', 'The table of passwords was to be read'],
  'persistent-setting': ['high', 'Settings were to be changed for later sessions'],
  replication: ['critical', 'A stream of all changes was to be opened'],
  'row-security': ['medium', 'Row security was to be changed'],
  'safety-off': ['high', 'A safety of the session was to be switched off'],
  'security-definer': ['high', 'A function with its owner’s rights was to be made'],
  'server-control': ['medium', 'The server or other sessions were to be controlled'],
  'server-file': ['critical', 'Files of the server were to be read'],
  'set-role': ['high', 'A session was to become another role'],
  'untrusted-code': ['critical', 'Code outside the database’s rules was to be installed'],
}

const escalations = Object.entries(primitives).map(([name, [severity, title]]) =>
  detector(`escalation.${name}`, severity, title, '', TAKE_BACK),
)

export const detectors: readonly Detector[] = [...injections, ...accesses, ...escalations]

const byId = new Map(detectors.map((found) => [found.id, found]))

/** The detector of an id. @throws {Error} When there is none: a bug. */
export function detectorOf(id: string): Detector {
  const found = byId.get(id)
  if (!found) throw new Error(`no detector ${id}`)
  return found
}
