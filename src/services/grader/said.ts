/**
 * What a report says, whatever it is written on: what to mend, what was found, what was not tested.
 *
 * @module
 */
import type { HeadersReport } from './headers.ts'
import type { TlsReport } from './tls/grade.ts'

export type FullReport = { readonly headers: HeadersReport; readonly tls: TlsReport }

/** What lowers the grades, the worst first, each with what to do. */
export function mendings({ headers, tls }: FullReport): readonly string[] {
  const { observatory, securityHeaders } = headers
  const caps = (tls.grades[0]?.caps ?? []).map(({ grade, cause }) => `${grade} at most: ${cause}.`)
  const faults = tls.faults.filter(({ state }) => state === 'vulnerable')
  const tests = observatory.tests.filter(({ modifier }) => modifier < 0)
  const missing = securityHeaders.missing.map((name) => `${name} is missing.`)
  const forged = tls.certificate.timestamps.filter(({ verdict }) => verdict === 'invalid')
  const chain =
    tls.certificate.chain === 'incomplete'
      ? ['The chain is incomplete, or of an unknown authority: send the intermediate certificates.']
      : []
  return [
    ...caps,
    ...chain,
    ...forged.map(({ log }) => `The proof of ${log ?? 'a log'} was not signed by it.`),
    ...faults.map(({ name, says, mend }) => `${name}. ${says} ${mend}`),
    ...tests.map(({ modifier, says, mend }) => `${modifier}: ${says} ${mend}`),
    ...missing,
    ...securityHeaders.warnings,
  ]
}

/** Names of what nothing is said about. */
export function untested({ faults }: TlsReport): readonly string[] {
  const names = faults.filter(({ state }) => state === 'not-tested').map(({ name }) => name)
  return [...names, 'revocation of the certificate', 'client-initiated renegotiation']
}

/** Name and value. */
export function facts(tls: TlsReport): readonly (readonly [name: string, value: string])[] {
  const { scan, certificate, faults } = tls
  const fine = faults.filter(({ state }) => state === 'not-vulnerable').map(({ name }) => name)
  const versions = scan.versions.map(
    ({ version, suites }) => `${version} (${suites.length} suites)`,
  )
  return [
    ['versions', versions.join(', ')],
    ['key exchange', scan.groups.join(', ') || 'no named groups'],
    ['certificate', `${certificate.subject}, ${certificate.keyType} ${certificate.keyBits} bits`],
    ['issued by', certificate.issuer],
    ['valid until', certificate.validTo.toISOString().slice(0, 10)],
    ['in public logs', logged(tls)],
    ['not vulnerable', fine.join(', ')],
  ]
}

function logged({ certificate: { timestamps } }: TlsReport): string {
  if (timestamps.length === 0) return 'no proof'
  const valid = timestamps.filter(({ verdict }) => verdict === 'valid')
  const checked = valid.map(({ log, operator }) => `${log} (${operator})`).join(', ')
  const rest = timestamps.length - valid.length
  const unchecked = rest > 0 ? `${rest} not checked: unproven (--ct-logs names the logs’ keys)` : ''
  return [checked, unchecked].filter(Boolean).join('; ')
}
