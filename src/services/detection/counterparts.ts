/**
 * What others look for, and which of our detectors looks for the same.
 *
 * Sources: Microsoft, "Alerts for SQL Database and Azure Synapse Analytics" and "Alerts for
 * open-source relational databases"; Amazon, "GuardDuty RDS Protection finding types".
 *
 * @module
 */

export type Counterpart = {
  readonly product: 'Azure SQL' | 'Defender for PostgreSQL' | 'GuardDuty RDS'
  readonly type: string
  /** Ids of detectors; none where the type makes no sense for PostgreSQL. */
  readonly ours: readonly string[]
  /** Why there is none. */
  readonly why?: string
}

const GUESSED = ['login.brute-force', 'login.brute-force-slow', 'login.credential-stuffing']
const ONE_ACCOUNT = ['login.brute-force', 'login.brute-force-distributed']
const SUCCESS = ['login.success-after-failures']
const PRINCIPAL = ['access.new-role', 'access.dormant']
const TOOL = ['access.harmful-tool', 'access.new-tool']
const PLACE = ['access.new-network', 'access.listed-network']
const REFUSED = ['access.listed-attempt', 'access.probing']
const INJECTED = ['sqli.structure', 'sqli.timing', 'sqli.catalogue', 'sqli.functions']
const PROBED = ['sqli.syntax-probing', 'sqli.error-rate', 'sqli.time-probing']

type Row = readonly [type: string, ours: readonly string[], why?: string]

const azure: readonly Row[] = [
  ['VulnerabilityToSqlInjection', PROBED],
  ['PotentialSqlInjection', INJECTED],
  ['HarmfulApplication', TOOL],
  ['DataCenterAnomaly', PLACE],
  ['GeoAnomaly', ['access.new-network']],
  ['PrincipalAnomaly', PRINCIPAL],
  ['DomainAnomaly', ['access.new-address', 'access.new-network']],
  ['SuspiciousIpAnomaly', ['access.listed-network', 'access.probing']],
  ['BruteForce with a valid user', ONE_ACCOUNT],
  ['BruteForce', GUESSED],
  ['BruteForce successful', SUCCESS],
  ['ShellExternalSourceAnomaly', ['escalation.copy-program', 'escalation.untrusted-block']],
  ['obfuscated payload by the shell', [], 'of SQL Server on a virtual machine: its xp_cmdshell'],
  ['Data_Exfiltration (older settings)', ['data.mass-read', 'data.slow-drip', 'data.copy-out']],
]

const defender: readonly Row[] = [
  ['BruteForce with a valid user', ONE_ACCOUNT],
  ['BruteForce success', SUCCESS],
  ['BruteForce', GUESSED],
  ['HarmfulApplication', TOOL],
  ['PrincipalAnomaly, 60 days', PRINCIPAL],
  ['DomainAnomaly, 60 days', ['access.new-address', 'access.new-network']],
  ['DataCenterAnomaly', PLACE],
  ['CloudProviderAnomaly, 60 days', PLACE],
  ['GeoAnomaly', ['access.new-network']],
  ['SuspiciousIpAnomaly', ['access.listed-network', 'access.probing']],
]

const guardDuty: readonly Row[] = [
  [
    'AnomalousBehavior.SuccessfulLogin',
    ['access.new-address', 'access.new-network', 'access.new-tool', 'access.new-hour'],
  ],
  ['AnomalousBehavior.FailedLogin', GUESSED],
  ['AnomalousBehavior.SuccessfulBruteForce', SUCCESS],
  ['MaliciousIPCaller.SuccessfulLogin', ['access.listed-network']],
  ['MaliciousIPCaller.FailedLogin', ['access.listed-attempt']],
  ['Discovery:MaliciousIPCaller', REFUSED],
  ['TorIPCaller.SuccessfulLogin', ['access.listed-network']],
  ['TorIPCaller.FailedLogin', ['access.listed-attempt']],
  ['Discovery:TorIPCaller', REFUSED],
]

/** Every type of the three. */
export const counterparts: readonly Counterpart[] = [
  ...rowsOf('Azure SQL', azure),
  ...rowsOf('Defender for PostgreSQL', defender),
  ...rowsOf('GuardDuty RDS', guardDuty),
]

function rowsOf(product: Counterpart['product'], rows: readonly Row[]): readonly Counterpart[] {
  return rows.map(([type, ours, why]) => ({
    product,
    type,
    ours,
    ...(why === undefined ? {} : { why }),
  }))
}
