/**
 * The ring itself: its records, its clock, its detectors. Who attacks begins by blinding it.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import type { Finding } from './alert.ts'
import { findingOf, text, UNNUMBERED_DRILL, type Peer } from './watched.ts'

const BACK_MS = 5_000
const NOBODY: Peer = { role: '', database: '', address: '' }

/** One book's continuity. */
export class RingWatch {
  #lastMs = 0
  #lastSequence = -1
  #closed = true

  see(event: RecordedEvent): readonly Finding[] {
    const found: Finding[] = []
    const say = (id: string, evidence: string): void => {
      found.push(findingOf(id, event, NOBODY, evidence))
    }
    if (this.#lastMs - event.timeMs > BACK_MS)
      say('ring.clock-jump', `back by ${Math.round((this.#lastMs - event.timeMs) / 1000)} s`)
    if (this.#lastSequence >= 0 && event.sequence !== this.#lastSequence + 1)
      say('ring.log-gap', `record ${event.sequence} after ${this.#lastSequence}`)
    if (event.code === 'AUDIT_BOOK_OPENED' && !this.#closed)
      say('ring.stopped-hard', `the book of ${event.process} was not closed`)
    if (event.code === 'SEAL_BROKEN')
      say('ring.log-rewritten', `${text(event, 'process')}: ${text(event, 'reason')}`)
    if (event.code === 'SEAL_WITNESS' && text(event, 'state') !== 'signed')
      say(witnessDetector(text(event, 'state')), text(event, 'witness'))
    if (event.code === 'SEAL_COPY' && text(event, 'state') !== 'current')
      say(copyDetector(text(event, 'state')), text(event, 'region'))
    if (event.code === 'AUDIT_BOOK_DAMAGED') say('ring.log-damaged', event.process)
    if (event.code === 'AUDIT_TAIL_CUT') say('ring.log-cut', text(event, 'bytes'))
    this.#lastMs = event.timeMs
    this.#lastSequence = event.sequence
    this.#closed = event.code === 'AUDIT_BOOK_CLOSED'
    return found
  }
}

/** Who has seen more of a book than there is, or another one, says that it was rewritten. */
function witnessDetector(state: string): string {
  return state === 'silent' ? 'ring.witness-lost' : 'ring.log-rewritten'
}

/** A book that no longer says what was copied of it is another book. */
function copyDetector(state: string): string {
  return state === 'behind' ? 'ring.copy-behind' : 'ring.log-rewritten'
}

/** A card number where none may be. */
export function cardFinding(event: RecordedEvent): readonly Finding[] {
  if (event.code === 'CARD_NUMBER_SEEN') {
    const where = `${text(event, 'where')} of ${text(event, 'host')}`
    const found = findingOf('data.card-number', event, NOBODY, where)
    return [event.detail['drill'] === true ? { ...found, drill: UNNUMBERED_DRILL } : found]
  }
  return []
}

/** Somebody could pretend to be us: a certificate in public logs that no gateway showed. */
export function strangeCertificateFinding(event: RecordedEvent): readonly Finding[] {
  const serial = text(event, 'serial')
  const what = `${text(event, 'names')}, by ${text(event, 'issuer')}, serial ${serial}`
  return [findingOf('ring.certificate-strange', event, NOBODY, what)]
}
