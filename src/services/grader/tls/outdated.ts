/**
 * What is said of a server with which no library of today completes a handshake: it cannot be
 * visited, but what it would agree to is told in the clear.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { TlsAddress } from './ask.ts'
import { findFaults } from './faults.ts'
import { scanTls } from './scan.ts'

const SUITES_SHOWN = 3

/** @returns GRADE_OUTDATED; undefined when it speaks no TLS at all. */
export async function outdatedFault(
  address: TlsAddress,
  serverName: string | undefined,
  signal: AbortSignal,
): Promise<FaultError | undefined> {
  const scan = await scanTls(address, serverName, signal).catch(() => undefined)
  signal.throwIfAborted()
  const spoken = scan?.versions.filter(({ suites }) => suites.length > 0) ?? []
  if (!scan || spoken.length === 0) return undefined
  const offers = spoken.map(({ version, suites }) => {
    const shown = suites.slice(0, SUITES_SHOWN).map(({ name }) => name)
    const more = suites.length > SUITES_SHOWN ? ` and ${suites.length - SUITES_SHOWN} more` : ''
    return `${version} with ${shown.join(', ')}${more}`
  })
  const faults = findFaults(scan).filter(({ state }) => state === 'vulnerable')
  const open = faults.length === 0 ? '' : `; open to ${faults.map(({ name }) => name).join(', ')}`
  const message =
    `${address.host}:${address.port} offers only what no visitor of today accepts: ` +
    `${offers.join('; ')}${open}. Every guide says F: offer TLS 1.2 and 1.3`
  return new FaultError('GRADE_OUTDATED', message)
}
