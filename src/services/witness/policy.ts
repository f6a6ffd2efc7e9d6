/**
 * What a witness signs: a checkpoint of a log it watches that continues the one it signed last.
 *
 * Source: C2SP tlog-witness (c2sp.org/tlog-witness).
 *
 * @module
 */
import { parseCheckpoint, type Checkpoint } from '#crypto/checkpoint.ts'
import { verifyConsistency } from '#crypto/merkle-proof.ts'
import { parseNote, verifyNote, type NoteVerifier } from '#crypto/signed-note.ts'
import type { AddCheckpoint } from '#crypto/witness-message.ts'
import { IntegrityError } from '#lib/errors.ts'

/** What is answered: the status of the specification, and the size for those behind. */
export type Verdict =
  | { readonly status: 200; readonly text: string; readonly checkpoint: Checkpoint }
  | { readonly status: 409; readonly size: number }
  | { readonly status: 400 | 403 | 404 | 422 }

/**
 * The name of the log a note is about, once one of the keys that may sign for it has.
 *
 * @returns 404 for a log that is not watched, 403 when it is and no key signed, 400 for no note.
 */
export function admit(
  request: AddCheckpoint,
  watched: readonly NoteVerifier[],
): { readonly text: string; readonly checkpoint: Checkpoint } | 400 | 403 | 404 {
  try {
    const note = parseNote(request.note)
    const checkpoint = parseCheckpoint(note.text)
    const keys = watched.filter(({ name }) => isOf(checkpoint.origin, name))
    if (keys.length === 0) return 404
    verifyNote(note, keys)
    return { text: note.text, checkpoint }
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error
    return error.code.startsWith('NOTE_') && error.code !== 'NOTE_MALFORMED' ? 403 : 400
  }
}

/** Whether a key of this name may sign for the log. */
function isOf(origin: string, name: string): boolean {
  return origin === name || origin.startsWith(`${name}/`)
}

/** @param seen What was signed last of this log. */
export function judge(
  { oldSize, proof }: AddCheckpoint,
  admitted: { readonly text: string; readonly checkpoint: Checkpoint },
  seen: Checkpoint | undefined,
): Verdict {
  const { checkpoint } = admitted
  const size = seen?.size ?? 0
  if (oldSize > checkpoint.size) return { status: 400 }
  if (oldSize !== size) return { status: 409, size }
  if (seen && size > 0) {
    const same = checkpoint.size === size
    if (same && Buffer.compare(checkpoint.root, seen.root) !== 0) return { status: 409, size }
    const claim = {
      oldSize,
      oldRoot: seen.root,
      size: checkpoint.size,
      root: checkpoint.root,
    }
    if (!verifyConsistency(claim, proof)) return { status: 422 }
  } else if (proof.length > 0) return { status: 422 }
  return { status: 200, ...admitted }
}
