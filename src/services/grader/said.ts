/**
 * What a report says besides its findings, whatever it is written on: what was found, what was not
 * tested.
 *
 * @module
 */
import { parseSetCookie } from '#protocol/http/set-cookie.ts'
import type { FullReport } from './findings.ts'
import type { TlsReport } from './tls/grade.ts'

/** Names of what nothing is said about. */
export function untested({ faults }: TlsReport): readonly string[] {
  const names = faults.filter(({ state }) => state === 'not-tested').map(({ name }) => name)
  return [...names, 'revocation of the certificate', 'client-initiated renegotiation']
}

const COOKIES_MAX = 20

/** Name and value. */
export function facts({
  tls,
  headers,
}: FullReport): readonly (readonly [name: string, value: string])[] {
  const { scan, certificate, faults } = tls
  const fine = faults.filter(({ state }) => state === 'not-vulnerable').map(({ name }) => name)
  const versions = scan.versions.map(
    ({ version, suites }) => `${version} (${suites.length} suites)`,
  )
  const { plainRoute, page } = headers.visit
  return [
    ['versions', versions.join(', ')],
    ['key exchange', scan.groups.join(', ') || 'no named groups'],
    ['certificate', `${certificate.subject}, ${certificate.keyType} ${certificate.keyBits} bits`],
    ['issued by', certificate.issuer],
    ['valid until', certificate.validTo.toISOString().slice(0, 10)],
    ['in public logs', logged(tls)],
    ['plain HTTP', plainRoute?.map(({ href }) => href).join(' → ') ?? 'nothing answers'],
    ['cookies', page.cookies.slice(0, COOKIES_MAX).map(cookieWords).join('; ') || 'none'],
    ['not vulnerable', fine.join(', ')],
  ]
}

/** A cookie's name and what guards it; never its value. */
function cookieWords(line: string): string {
  const cookie = parseSetCookie(line)
  if ('invalid' in cookie) return 'one that browsers drop'
  const guards = [
    cookie.secure ? 'Secure' : undefined,
    cookie.httpOnly ? 'HttpOnly' : undefined,
    cookie.sameSite === undefined ? undefined : `SameSite=${cookie.sameSite}`,
  ].filter((guard) => guard !== undefined)
  return `${cookie.name}: ${guards.join(', ') || 'unguarded'}`
}

function logged({ certificate: { timestamps } }: TlsReport): string {
  if (timestamps.length === 0) return 'no proof'
  const valid = timestamps.filter(({ verdict }) => verdict === 'valid')
  const checked = valid.map(({ log, operator }) => `${log} (${operator})`).join(', ')
  const rest = timestamps.length - valid.length
  const unchecked = rest > 0 ? `${rest} not checked: unproven (--ct-logs names the logs’ keys)` : ''
  return [checked, unchecked].filter(Boolean).join('; ')
}
