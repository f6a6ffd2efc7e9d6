/**
 * What the status service says of itself that a person must hear: outage that is used up too fast.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import type { Finding } from './alert.ts'
import { findingOf, number, text, type Peer } from './watched.ts'

const NOBODY: Peer = { role: '', database: '', address: '' }
/** The only book whose word counts here. */
const BOOK = 'status'
const MINUTE_SECONDS = 60

export function statusFindings(event: RecordedEvent): readonly Finding[] {
  if (event.process !== BOOK) return []
  const component = text(event, 'component')
  if (event.code === 'STATUS_BUDGET_BURNS') {
    const left = Math.round(number(event, 'leftSeconds') / MINUTE_SECONDS)
    const evidence = `${component}, ${number(event, 'pace')} times the pace, ${left} minutes left`
    const found = findingOf('status.budget-burns', event, NOBODY, evidence)
    return [{ ...found, subject: component, ends: 'status.budget-holds' }]
  }
  if (event.code !== 'STATUS_BUDGET_HOLDS') return []
  const found = findingOf('status.budget-holds', event, NOBODY, component)
  return [{ ...found, subject: component, ends: 'status.budget-burns' }]
}
