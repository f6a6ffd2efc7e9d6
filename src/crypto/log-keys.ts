/**
 * The keys of an evidence log, and from which entry on each of them signs.
 *
 * A key takes over by an entry of the log itself, so its term begins after a place that the tree
 * fixes: a former key that somebody finds later can sign for no other place.
 *
 * Source: docs/formats/evidence.md §9.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import { IntegrityError } from '#lib/errors.ts'
import { keyIdOf } from './dsse.ts'
import { evidenceKey } from './evidence.ts'
import { brokenAt, openSuccession, SUCCESSIONS_MAX } from './key-succession.ts'
import { noteVerifier, type NoteVerifier } from './signed-note.ts'

/** One key's term. */
export type LogKey = {
  /** It signs the entries from this index on, and the checkpoints from this size on. */
  readonly from: number
  /** When it took over; undefined of the first. */
  readonly sinceMs?: number
  readonly verifierKey: string
  readonly verifier: NoteVerifier
  readonly publicKey: KeyObject
  /** SHA-256 of the key, hex. */
  readonly keyId: string
}

/** An entry by which a key took over. */
export type Handover = { readonly index: number; readonly entry: Uint8Array }

export class LogKeys {
  readonly terms: readonly LogKey[]
  readonly handovers: readonly Handover[]

  /**
   * @param first Verifier key of the log's first key.
   * @throws {IntegrityError} SUCCESSION_BROKEN when one does not continue the one before;
   *   SUCCESSION_INVALID and NOTE_… when a note is none.
   */
  constructor(first: string, handovers: readonly Handover[]) {
    if (handovers.length > SUCCESSIONS_MAX)
      throw new IntegrityError('SUCCESSION_BROKEN', `more than ${SUCCESSIONS_MAX} keys`)
    const terms = [termOf(first, 0)]
    for (const { index, entry } of handovers) {
      const { number, former, next, atMs } = openSuccession(Buffer.from(entry).toString('utf8'))
      const before = terms.at(-1)
      const follows = before?.verifierKey === former && index >= before.from
      if (!follows || number !== terms.length) throw brokenAt(terms.length)
      terms.push({ ...termOf(next, index + 1), sinceMs: atMs })
    }
    this.terms = terms
    this.handovers = handovers
  }

  /** Who signs the entry of this index, and the checkpoint of this size. */
  at(index: number): LogKey {
    return this.terms.findLast(({ from }) => from <= index) ?? this.newest
  }

  get newest(): LogKey {
    return this.terms.at(-1)!
  }

  /** Whether an entry is one of those by which a key took over. */
  isHandover(index: number): boolean {
    return this.handovers.some((one) => one.index === index)
  }
}

function termOf(verifierKey: string, from: number): LogKey {
  const publicKey = evidenceKey(verifierKey)
  const verifier = noteVerifier(verifierKey)
  return { from, verifierKey, verifier, publicKey, keyId: keyIdOf(publicKey) }
}
