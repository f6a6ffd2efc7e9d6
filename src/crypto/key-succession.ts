/**
 * How one signing key takes over from another, in a form that whoever knows either can follow.
 *
 * A signed note names both, and both sign it: the former says who comes after it, the next proves
 * that it exists. So nobody can name a key that is not his, neither as heir nor as origin.
 *
 * Source: docs/formats/succession.md.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { IntegrityError } from '#lib/errors.ts'
import { noteVerifier, parseNote, signNote, verifyNote, type NoteSigner } from './signed-note.ts'

/** First line of the text: it has spaces, so no checkpoint and no envelope begins like it. */
const HEADING = 'veilig key succession v1'
const SIZE_MAX = 4096
/** More are not followed: at one a month it is eighty years. */
export const SUCCESSIONS_MAX = 1000

/** Both keys have one name. */
export type Succession = {
  /** 1 for the one by which the second key of the line came: none can be left out unseen. */
  readonly number: number
  /** C2SP verifier keys. */
  readonly former: string
  readonly next: string
  /** When, by the clock of who signed: milliseconds since the Unix epoch. */
  readonly atMs: number
}

/** The note by which `next` takes over. @throws {AssertionError} Keys of two names, or one key. */
export function signSuccession(
  number: number,
  former: NoteSigner,
  next: NoteSigner,
  atMs: number,
): string {
  assert(Number.isSafeInteger(number) && number > 0)
  assert(former.name === next.name && former.verifierKey !== next.verifierKey)
  const keys = [former.verifierKey, next.verifierKey]
  const lines = [HEADING, number, ...keys, new Date(atMs).toISOString(), '']
  return signNote(lines.join('\n'), [former, next])
}

/** Whether bytes mean to be such a note; nothing is verified. */
export function isSuccession(bytes: Uint8Array): boolean {
  const start = `${HEADING}\n`
  return Buffer.from(bytes.subarray(0, start.length)).toString('latin1') === start
}

/**
 * What a note says, once both have signed it.
 *
 * @throws {IntegrityError} SUCCESSION_INVALID; NOTE_… when a signature is missing or wrong.
 */
export function openSuccession(bytes: string): Succession {
  if (bytes.length > SIZE_MAX) throw invalid('it is too long')
  const note = parseNote(bytes)
  const [heading, digits = '', former = '', next = '', at = '', ...rest] = note.text.split('\n')
  const atMs = Date.parse(at)
  if (heading !== HEADING || rest.join() !== '') throw invalid('other lines')
  if (!/^[1-9][0-9]{0,5}$/.test(digits)) throw invalid('its number')
  if (!Number.isSafeInteger(atMs) || new Date(atMs).toISOString() !== at) throw invalid('its time')
  const verifiers = [former, next].map(noteVerifier)
  if (former === next || verifiers[0]?.name !== verifiers[1]?.name) throw invalid('its keys')
  for (const verifier of verifiers) verifyNote(note, [verifier])
  return { number: Number(digits), former, next, atMs }
}

/** Notes that stand one behind the other, each by itself; nothing is verified. */
export function splitNotes(text: string): readonly string[] {
  return text.split(/^(?=veilig key succession v1$)/m).filter((note) => note !== '')
}

/**
 * All notes of a line that stand one behind the other.
 *
 * @throws {IntegrityError} SUCCESSION_BROKEN when one is missing or does not continue the one
 *   before; and as `openSuccession`.
 */
export function readLine(text: string): readonly Succession[] {
  if (text.length > SIZE_MAX * SUCCESSIONS_MAX) throw invalid('the line is too long')
  const line = splitNotes(text).map(openSuccession)
  for (const [at, { number, former }] of line.entries())
    if (number !== at + 1 || (at > 0 && line[at - 1]?.next !== former)) throw brokenAt(at + 1)
  return line
}

/** Of the note that ought to be this one. */
export function brokenAt(number: number): IntegrityError {
  const message = `handover ${number} of the line is missing or follows another key`
  return new IntegrityError('SUCCESSION_BROKEN', message)
}

function invalid(why: string): IntegrityError {
  return new IntegrityError('SUCCESSION_INVALID', `not a succession of keys: ${why}`)
}
