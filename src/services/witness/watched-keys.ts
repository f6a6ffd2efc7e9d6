/**
 * The keys whose logs a witness watches: those it was given, and those that took over from them.
 *
 * A key that takes over is taken beside the former, until it has signed; then the former is none.
 *
 * @module
 */
import { join } from 'node:path'
import { openSuccession } from '#crypto/key-succession.ts'
import { noteVerifier, parseNote, verifyNote, type NoteVerifier } from '#crypto/signed-note.ts'
import { IntegrityError } from '#lib/errors.ts'
import { extendKeyLine, readNotes } from '#system/key-line.ts'
import type { WitnessPorts } from './ports.ts'

/** Notes by which keys took over, of all logs, in the order in which they came. */
const FILE = 'keys'
/** In all; a log changes its key every month or so. */
const NOTES_MAX = 10_000

export class WatchedKeys {
  readonly #file: string
  readonly #trail: WitnessPorts['trail']
  readonly #keys: Map<string, NoteVerifier>
  /** Verifier key → the one it takes over from. */
  readonly #former = new Map<string, string>()
  #notes = 0

  constructor(given: readonly string[], { folder, trail }: WitnessPorts) {
    this.#file = join(folder, FILE)
    this.#trail = trail
    this.#keys = new Map(given.map((key) => [key, noteVerifier(key)]))
  }

  /** Whose signatures count now. */
  get verifiers(): readonly NoteVerifier[] {
    return [...this.#keys.values()]
  }

  /** Takes up what was followed before. @throws {IntegrityError} SUCCESSION_…, NOTE_…. */
  async recall(): Promise<void> {
    for (const note of await readNotes(this.#file)) {
      this.#notes++
      const { former, next } = openSuccession(note)
      if (this.#keys.has(former)) this.#take(former, next)
    }
  }

  /**
   * @returns 200 once it is remembered, 403 when the note does not begin with a key we know, 400
   *   for no note, 507 when we remember too many.
   */
  async follow(note: string): Promise<200 | 400 | 403 | 507> {
    try {
      const { former, next } = openSuccession(note)
      if (this.#keys.has(next)) return 200
      if (!this.#keys.has(former)) return 403
      if (this.#notes === NOTES_MAX) return 507
      await extendKeyLine(this.#file, note)
      this.#notes++
      this.#take(former, next)
      await this.#trail.append([{ code: 'WITNESS_KEY_FOLLOWED', detail: { former, next } }])
      return 200
    } catch (error) {
      if (error instanceof IntegrityError) return 400
      throw error
    }
  }

  /** A checkpoint that was signed for: who signed it needs no former key any more. */
  signed(checkpoint: string): void {
    for (const [next, former] of this.#former) {
      const verifier = this.#keys.get(next)
      if (!verifier || !isSignedBy(checkpoint, verifier)) continue
      this.#keys.delete(former)
      this.#former.delete(next)
    }
  }

  #take(former: string, next: string): void {
    this.#keys.set(next, noteVerifier(next))
    this.#former.set(next, former)
  }
}

function isSignedBy(note: string, verifier: NoteVerifier): boolean {
  try {
    return verifyNote(parseNote(note), [verifier]).length > 0
  } catch {
    return false
  }
}
