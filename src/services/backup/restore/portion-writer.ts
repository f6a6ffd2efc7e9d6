/**
 * Writes one portion of a restore's files, from opening chunks to having them on the disk.
 *
 * All of it happens on the thread that calls: a chunk is opened, patched and written while it is
 * still in the processor's cache. Only packs and the disk's syncs are waited for.
 *
 * @module
 */
import { release } from '#lib/release.ts'
import type { FilePlan } from './data-directory.ts'
import { atOnce, openedPieces, type HeldMax } from './opened-pieces.ts'
import { OutputFiles, writing } from './output-files.ts'
import type { PackSource } from './pack-source.ts'

export type Portion = {
  readonly source: PackSource
  readonly files: Iterable<FilePlan>
  /** Where a path goes. */
  readonly locate: (path: string) => string
  /** Whether files may be there already: only what differs is then written. */
  readonly over: boolean
  readonly held: HeldMax
  readonly progress: (bytes: number) => void
}

/**
 * @returns Bytes that were not there already.
 * @throws As the source and `openedPieces`. @throws {FaultError} RESTORE_WRITE_FAILED.
 */
export function writePortion(portion: Portion): Promise<number> {
  const { source, files, locate, over, held, progress } = portion
  const output = new OutputFiles(locate, over, Infinity)
  return writing(async () => {
    try {
      for (const file of files) if (file.extents.length === 0) output.complete(file)
      for await (const { pieces, open } of openedPieces(source, files, atOnce, held)) {
        const chunk = await open()
        let bytes = 0
        for (const piece of pieces) {
          await output.write(piece, chunk)
          bytes += piece.to - piece.from
        }
        release(chunk)
        progress(bytes)
      }
      await output.settle()
    } finally {
      await output.abandon()
    }
    return output.writtenBytes
  })
}
