/**
 * Visitors who sign in to the application, as the web gateway's login guard saw them.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import type { Finding } from './alert.ts'
import { findingOf, number, text } from './watched.ts'

/** Failures before a success from a device that the account knows: its owner mistypes, too. */
const KNOWN_DEVICE_FAILURES_MIN = 10

/**
 * A password that was right at last. From a device that never signed in to this account, it may be
 * guessed; the guard tells of three failures in a row or more.
 */
export function visitorFinding(event: RecordedEvent): readonly Finding[] {
  const failures = number(event, 'failures')
  const isKnown = text(event, 'known') === 'yes'
  if (isKnown && failures < KNOWN_DEVICE_FAILURES_MIN) return []
  const device = isKnown ? 'a device that it knows' : 'a device that is new for it'
  const visitor = {
    role: `visitor ${text(event, 'account')}`, // the keyed hash; no name is in any book
    database: '',
    address: text(event, 'address'),
  }
  const evidence = `${failures} before at ${text(event, 'route')}, from ${device}`
  return [findingOf('login.success-after-failures', event, visitor, evidence)]
}
