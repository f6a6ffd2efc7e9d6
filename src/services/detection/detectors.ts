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
const BLOCK =
  'Take the address off the allow-list; the account is safe while its password is random.'
const TAKE_BACK =
  'See in the audit trail whether it was carried out; if so, undo it. Find how the role came to ' +
  'it, and take away the right it needed.'

const injections: readonly Detector[] = [
  detector('sqli.structure', 'high', 'SQL injection', 'Azure SQL: PotentialSqlInjection', INPUT),
  detector(
    'sqli.syntax-probing',
    'medium',
    'Probing for SQL injection',
    'Azure SQL: VulnerabilityToSqlInjection',
    INPUT,
  ),
  detector('sqli.timing', 'high', 'SQL injection that measures time', '', INPUT),
  detector('sqli.catalogue', 'high', 'SQL injection that lists the tables', '', INPUT),
  detector('sqli.functions', 'critical', 'SQL injection that leaves the database', '', INPUT),
  detector(
    'sqli.error-rate',
    'medium',
    'Many mistaken statements in a short time',
    'Azure SQL: VulnerabilityToSqlInjection',
    INPUT,
  ),
  detector('sqli.time-probing', 'high', 'Statements wait again and again equally long', '', INPUT),
  detector(
    'sqli.column-counting',
    'high',
    'The columns of a statement are being counted',
    '',
    INPUT,
  ),
  detector(
    'sqli.unreadable',
    'medium',
    'A statement is nested too deep to be read',
    '',
    'Look at it in the audit trail; no work needs this, and what cannot be read may hide anything.',
  ),
  detector('sqli.second-order', 'critical', 'A stored text became part of a statement', '', INPUT),
]

const accesses: readonly Detector[] = [
  detector(
    'login.brute-force',
    'medium',
    'Passwords are being guessed',
    'Azure SQL, Defender: BruteForce; GuardDuty: AnomalousBehavior.FailedLogin',
    BLOCK,
  ),
  detector(
    'login.brute-force-slow',
    'medium',
    'Passwords are being guessed slowly',
    'Azure SQL, Defender: BruteForce',
    BLOCK,
  ),
  detector(
    'login.brute-force-distributed',
    'high',
    'Passwords of one account are being guessed from many addresses',
    'Azure SQL, Defender: BruteForce with a valid user',
    BLOCK,
  ),
  detector(
    'login.credential-stuffing',
    'high',
    'One address tries the passwords of many accounts',
    'GuardDuty: AnomalousBehavior.FailedLogin',
    BLOCK,
  ),
  detector(
    'login.success-after-failures',
    'high',
    'A login succeeded after many wrong passwords',
    'Azure SQL, Defender: BruteForce success; GuardDuty: AnomalousBehavior.SuccessfulBruteForce',
    WHO,
  ),
  detector(
    'access.new-address',
    'low',
    'An account is used from an address that is new for it',
    'Azure SQL, Defender: DomainAnomaly; GuardDuty: AnomalousBehavior.SuccessfulLogin',
    WHO,
  ),
  detector(
    'access.new-network',
    'medium',
    'An account is used from a network that is new for it',
    'Azure SQL, Defender: GeoAnomaly, DataCenterAnomaly, CloudProviderAnomaly, SuspiciousIpAnomaly',
    WHO,
  ),
  detector(
    'access.new-tool',
    'low',
    'An account is used with a program that is new for it',
    'Azure SQL, Defender: HarmfulApplication',
    WHO,
  ),
  detector(
    'access.harmful-tool',
    'high',
    'A program made for attacks logged in',
    'Azure SQL, Defender: HarmfulApplication',
    WHO,
  ),
  detector(
    'access.new-role',
    'low',
    'An account logged in for the first time',
    'Azure SQL, Defender: PrincipalAnomaly',
    WHO,
  ),
  detector('access.new-hour', 'low', 'An account is used at an hour that is new for it', '', WHO),
  detector(
    'access.dormant',
    'medium',
    'An account woke after a long silence',
    'Azure SQL, Defender: PrincipalAnomaly (60 days)',
    WHO,
  ),
  detector(
    'access.probing',
    'medium',
    'Somebody tries the door again and again',
    'Azure SQL, Defender: SuspiciousIpAnomaly; GuardDuty: Discovery',
    BLOCK,
  ),
  detector(
    'access.listed-network',
    'high',
    'A login came from a network that is on a list',
    'Azure SQL, Defender: SuspiciousIpAnomaly, DataCenterAnomaly, CloudProviderAnomaly; ' +
      'GuardDuty: MaliciousIPCaller.SuccessfulLogin, TorIPCaller.SuccessfulLogin',
    WHO,
  ),
  detector(
    'access.listed-attempt',
    'medium',
    'Somebody on a list was refused at the door',
    'GuardDuty: MaliciousIPCaller.FailedLogin, TorIPCaller.FailedLogin, ' +
      'Discovery:MaliciousIPCaller, Discovery:TorIPCaller',
    BLOCK,
  ),
  detector(
    'access.refused',
    'medium',
    'A statement outside the rules of its role was refused',
    '',
    'Nothing was done in the database; find what asked for it.',
  ),
  detector(
    'access.release',
    'low',
    'An account says much that it never said before',
    '',
    'After a release nothing is to be done: its statements are learned. If none was made, look ' +
      'at who uses this account.',
  ),
  detector(
    'access.catalogue-enumeration',
    'medium',
    'An account looks through the tables that there are',
    '',
    WHO,
  ),
]

const MEANT = 'If it was not meant, restore to the moment before it: `veilig restore --to TIME`.'

const amounts: readonly Detector[] = [
  detector(
    'data.mass-read',
    'high',
    'An account reads far more rows than it ever did',
    'Azure SQL (older settings): Data_Exfiltration',
    READ,
  ),
  detector(
    'data.personal-read',
    'high',
    'An account reads far more about people than it ever did',
    '',
    'Ask `veilig audit query` for the view `personal`: it says of whom to tell, and how many.',
  ),
  detector(
    'data.mass-change',
    'high',
    'Far more rows changed or were deleted than ever',
    '',
    MEANT,
  ),
  detector('data.slow-drip', 'medium', 'An account reads more, day after day', '', READ),
  detector('data.enumeration', 'medium', 'Rows are asked for one number after the other', '', READ),
  detector('data.export-tool', 'medium', 'A program that copies databases logged in', '', WHO),
  detector('data.copy-out', 'medium', 'An account copies a table out for the first time', '', READ),
  detector(
    'data.honeytoken',
    'critical',
    'What nobody has a reason to touch was touched',
    '',
    'Whoever did this looks for what to take: end the session and change the password now.',
  ),
  detector('data.replication-started', 'critical', 'A stream of all changes was opened', '', READ),
  detector(
    'data.card-number',
    'high',
    'A payment card number was seen where none may be',
    '',
    'Find the page that asks for it; cards belong on the payment gateway’s own page alone.',
  ),
]

const LOOK = 'Run `veilig audit verify`, and look at who was on the machine at that time.'

const ring: readonly Detector[] = [
  detector('ring.clock-jump', 'medium', 'The clock of a process went back', '', LOOK),
  detector('ring.log-gap', 'critical', 'Records are missing from a book', '', LOOK),
  detector('ring.log-cut', 'high', 'The end of a book was cut off at a start', '', LOOK),
  detector('ring.log-damaged', 'critical', 'A book is not what was written', '', LOOK),
  detector('ring.log-rewritten', 'critical', 'A book is not the one signed for before', '', LOOK),
  detector(
    'ring.bypass',
    'critical',
    'The database was used by another door than the gateway',
    '',
    'End that session in the server, find who reached its socket or port, and change the password.',
  ),
  detector(
    'ring.witness-lost',
    'medium',
    'A witness signs for the records no more',
    '',
    'Ask whoever runs the witness; until it is back, root could rewrite what came since.',
  ),
  detector(
    'ring.copy-behind',
    'medium',
    'A region has no new copy of the records',
    '',
    'See that the region answers; until it does, a lost host loses what came since.',
  ),
  detector(
    'ring.certificate-strange',
    'high',
    'A certificate of one of our names was issued that no gateway showed',
    '',
    'Ask who ordered it. If nobody did: tell the authority, which must revoke it within a day, ' +
      'change the DNS password, and allow only your own authority in a CAA record.',
  ),
  detector('ring.stopped-hard', 'medium', 'A process ended without closing its book', '', LOOK),
  detector('ring.detector-off', 'high', 'A detector is switched off', '', LOOK),
  detector(
    'ring.detection-behind',
    'high',
    'Statements are judged late',
    '',
    'None is left out, but alerts come late. `veilig audit query` tells who says so much that is ' +
      'new; give the machine more to compute with, or that role a limit.',
  ),
  detector(
    'ring.detection-current',
    'low',
    'Statements are judged in time again',
    '',
    'Nothing is to be done: all that was late has been judged.',
  ),
]

const MEND_REGION =
  'See `veilig backup list` for the reason, and mend the region’s disk, network or password; it ' +
  'catches up by itself. Until then a restore of the last changes needs another region.'

const backup: readonly Detector[] = [
  detector('backup.region-lagging', 'high', 'A region of the backup is behind', '', MEND_REGION),
  detector(
    'backup.region-current',
    'low',
    'A region of the backup is in step again',
    '',
    'Nothing is to be done: it holds all that the others hold.',
  ),
  detector(
    'backup.damaged',
    'critical',
    'The database has damaged pages',
    '',
    'The backup is kept and names the pages (`veilig backup list`). Look after the disk, and ' +
      'bring back the tables they belong to from an earlier moment: `veilig restore --table`.',
  ),
  detector(
    'backup.overdue',
    'high',
    'A backup is overdue',
    '',
    'See `veilig backup list` and the log of the backup process for why the last one failed.',
  ),
  detector(
    'backup.log-lost',
    'high',
    'Log of the database is lost to the backup',
    '',
    'Moments within the gap cannot be restored. A full backup is taken at once: see that it ' +
      'finishes, and why the log was gone (slot dropped, its cap reached, a failover).',
  ),
  detector(
    'backup.commits-wait',
    'critical',
    'Commits wait for the regions of the backup',
    '',
    'Mend the region that is behind, or let commits go on: `veilig backup synchronous --leave`.',
  ),
  detector(
    'backup.commits-flow',
    'low',
    'Commits wait no longer for the regions of the backup',
    '',
    'Nothing is to be done.',
  ),
  detector(
    'status.budget-burns',
    'high',
    'Outage uses up what the objective allows too fast',
    '',
    'See the status page for which component is down and why; tell those who follow it: ' +
      '`veilig incident open`. At this pace the objective of the month is missed.',
  ),
  detector(
    'status.budget-holds',
    'low',
    'The outage no longer uses up too fast what the objective allows',
    '',
    'Nothing is to be done.',
  ),
]

const mail: readonly Detector[] = [
  detector(
    'mail.bombing',
    'high',
    'Somebody bombs a mailbox through forms',
    '',
    'The person gets no more than the limit, and others’ mail goes on. Find the forms by tenant ' +
      'and time in the audit trail (MAIL_WITHHELD), and put a question for people before them.',
  ),
  detector(
    'mail.flood',
    'medium',
    'More mail is asked for than people ask for',
    '',
    'Look which form or club asks for it (MAIL_REFUSED in the audit trail); if it is meant, ' +
      'raise `mailGateway.rates`, otherwise refuse that network at the web gateway.',
  ),
  detector(
    'mail.stumbled',
    'high',
    'The mail gateway stumbled over a mail',
    '',
    'That mail waits and is tried again, others go on. Its log has the place; ' +
      'SEALED_VALUE_ALTERED means that somebody changed the queue in the control database.',
  ),
]

const waysToMore = escalations.map(({ id, gravity, title }) =>
  detector(`escalation.${id}`, gravity, title, '', TAKE_BACK),
)

export const detectors: readonly Detector[] = [
  ...injections,
  ...accesses,
  ...amounts,
  ...ring,
  ...backup,
  ...mail,
  ...waysToMore,
]

const byId = new Map(detectors.map((found) => [found.id, found]))

/** The detector of an id. @throws {Error} When there is none: a bug. */
export function detectorOf(id: string): Detector {
  const found = byId.get(id)
  if (!found) throw new Error(`no detector ${id}`)
  return found
}
