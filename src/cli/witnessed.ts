/**
 * What others signed for the books of this machine: the seal beside them, and a witness elsewhere.
 *
 * @module
 */
import { join } from 'node:path'
import { BookFiles, openCheckpoint } from '#audit/book-files.ts'
import { originOf } from '#audit/segment.ts'
import type { Checkpoint } from '#crypto/checkpoint.ts'
import { cosignedAtS, noteVerifier, parseNote } from '#crypto/signed-note.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import { sealKeysIn } from '#services/seal/seal-key.ts'
import { systemDisk } from '#system/disk.ts'
import type { Paths } from './paths.ts'

/** A checkpoint somebody else keeps, and when that one signed it. */
export type Witnessed = { readonly checkpoint: Checkpoint; readonly atS: number | undefined }

const TIMEOUT_MS = 10_000
const ANSWER_SIZE_MAX = 4 * 1024 * 1024

/** A witness, as a verifier asks it. */
export type WitnessView = {
  /** The names of all logs it signed something of. */
  readonly origins: () => Promise<readonly string[]>
  /**
   * What it signed last of a log; undefined when it knows none of that name.
   *
   * @throws {IntegrityError} NOTE_…, CHECKPOINT_MALFORMED, WITNESS_OTHER_LOG: not its word.
   */
  readonly latest: (origin: string) => Promise<Witnessed | undefined>
}

/**
 * @param url Of the witness. @param key Its verifier key, from its owner.
 * @throws {IntegrityError} NOTE_KEY_INVALID. Its functions: {FaultError} WITNESS_SILENT.
 */
export function witnessAt(url: string, key: string): WitnessView {
  const verifier = noteVerifier(key)
  const base = url.replace(/\/$/, '')
  return {
    origins: async () => (await ask(`${base}/origins`))?.split('\n').filter(Boolean) ?? [],
    latest: async (origin) => {
      const note = await ask(`${base}/checkpoint?origin=${encodeURIComponent(origin)}`)
      if (note === undefined) return undefined
      const checkpoint = openCheckpoint(note, [key])
      if (checkpoint.origin !== origin)
        throw new IntegrityError('WITNESS_OTHER_LOG', `it answered for ${checkpoint.origin}`)
      return { checkpoint, atS: cosignedAtS(parseNote(note), verifier) }
    },
  }
}

async function ask(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (answer.status === 404) return undefined
    if (!answer.ok) throw new Error(`it answered ${answer.status}`)
    return (await answer.text()).slice(0, ANSWER_SIZE_MAX)
  } catch (cause) {
    const message = `the witness at ${url} is not to be had: ${(cause as Error).message}`
    throw new FaultError('WITNESS_SILENT', message, { cause })
  }
}

/**
 * The seal's checkpoint of a book; undefined when there is none.
 *
 * @throws {IntegrityError} NOTE_…: it is not the seal's.
 */
export async function sealedCheckpoint(
  paths: Pick<Paths, 'seal'>,
  process: string,
): Promise<Checkpoint | undefined> {
  const file = join(paths.seal, process, 'checkpoint')
  if ((await systemDisk.size(file)) === undefined) return undefined
  const note = Buffer.from(await systemDisk.read(file)).toString()
  return openCheckpoint(note, await sealKeysIn(paths.seal))
}

/** The name of a book's log, by the first of its headers that reads. */
export async function originIn(folder: string, process: string): Promise<string | undefined> {
  const files = new BookFiles(systemDisk, join(folder, process))
  for (const number of await files.numbers()) {
    try {
      return originOf((await files.header(number)).header)
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error // told by the verification
    }
  }
  return undefined
}
