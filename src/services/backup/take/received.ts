/**
 * What was received of a backup, to be compared with what the server says it sent. Pure.
 *
 * @module
 */
import { crc32c } from '#crypto/crc32c.ts'
import { ProtocolError } from '#lib/errors.ts'
import {
  ManifestReader,
  type Manifest,
  type ManifestFile,
} from '#protocol/postgres/replication/manifest.ts'

/** A million files; beyond it our memory, not the server's, would decide. */
const FILES_MAX = 2_000_000

/** The sum is undefined where whoever writes the file makes it. */
type ReceivedFile = { sizeBytes: number; crc32c: number | undefined }

/** Size and CRC-32C of each file as it streams by. */
export class ReceivedFiles {
  readonly #files = new Map<string, ReceivedFile>()
  #current: ReceivedFile | undefined

  /** @param summed Whether to sum it here. */
  begin(path: string, summed: boolean): void {
    if (this.#files.size >= FILES_MAX) throw mismatch(`it holds more than ${FILES_MAX} files`)
    this.#current = { sizeBytes: 0, crc32c: summed ? 0 : undefined }
    this.#files.set(path, this.#current)
  }

  add(bytes: Uint8Array): void {
    const file = this.#current
    if (!file) throw mismatch('bytes outside a file')
    file.sizeBytes += bytes.length
    if (file.crc32c !== undefined) file.crc32c = crc32c(file.crc32c, bytes)
  }

  /**
   * Holds the server's manifest against what came.
   *
   * @param manifest Its bytes, in chunks.
   * @param sums Path → CRC-32C of the files that were summed elsewhere.
   * @throws {ProtocolError} MANIFEST_INVALID; BACKUP_MANIFEST_MISMATCH with the file's name.
   */
  compare(manifest: Iterable<Uint8Array>, sums: ReadonlyMap<string, number>): Manifest {
    const reader = new ManifestReader((file) => this.#check(file, sums.get(file.path)))
    for (const chunk of manifest) reader.push(chunk)
    const read = reader.finish()
    const [extra] = this.#files.keys()
    if (extra !== undefined) throw mismatch(`${extra} came and is not in the server's manifest`)
    return read
  }

  #check(file: ManifestFile, sum: number | undefined): void {
    const received = this.#files.get(file.path)
    if (!received) throw mismatch(`${file.path} is in the server's manifest and did not come`)
    this.#files.delete(file.path)
    if (received.sizeBytes !== file.sizeBytes) {
      throw mismatch(`${file.path} has ${received.sizeBytes} bytes, not ${file.sizeBytes}`)
    }
    if (file.crc32c !== undefined && file.crc32c !== (received.crc32c ?? sum)) {
      throw mismatch(`${file.path} has another CRC-32C`)
    }
  }
}

function mismatch(what: string): ProtocolError {
  const message = `the backup is not what the server says it sent: ${what}`
  return new ProtocolError('BACKUP_MANIFEST_MISMATCH', message)
}
