/**
 * Reads along with the log of a PostgreSQL server on this machine, from now on.
 *
 * @module
 */
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { csvRecords, readCsvLog, readJsonLog, type LogLine } from '#protocol/postgres/server-log.ts'

/** Of one file at one look; the rest comes with the next. */
const READ_MAX = 8 * 1024 * 1024
/** A record without an end is no record of a log. */
const REST_MAX = 4 * 1024 * 1024

type Place = { readonly file: string; offset: number; rest: string }

export class ServerLogReader {
  readonly #folder: string
  #place: Place | undefined

  /** @param folder Absolute: `log_directory` of the server. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * What was logged since the last call; at the first call nothing, only where the log ends now.
   *
   * @throws {Error} When the folder or a file in it cannot be read.
   */
  async read(): Promise<readonly LogLine[]> {
    const files = await this.#files()
    const newest = files.at(-1)
    if (newest === undefined) return []
    if (!this.#place) {
      const { size } = await stat(join(this.#folder, newest))
      this.#place = { file: newest, offset: size, rest: '' }
    }
    const read = await this.#more(this.#place)
    const next = files[files.indexOf(this.#place.file) + 1]
    if (read.atEnd && next !== undefined) this.#place = { file: next, offset: 0, rest: '' }
    return read.lines
  }

  /** The files of the log in the order of their last change. */
  async #files(): Promise<readonly string[]> {
    const all = await readdir(this.#folder)
    const [json, csv] = ['.json', '.csv'].map((end) => all.filter((name) => name.endsWith(end)))
    const names = (json?.length ? json : csv) ?? [] // both say the same
    const changed = await Promise.all(
      names.map(async (name) => ({ name, ms: (await stat(join(this.#folder, name))).mtimeMs })),
    )
    return changed.toSorted((a, b) => a.ms - b.ms).map(({ name }) => name)
  }

  async #more(
    place: Place,
  ): Promise<{ readonly lines: readonly LogLine[]; readonly atEnd: boolean }> {
    await using file = await open(join(this.#folder, place.file))
    const { size } = await file.stat()
    if (size < place.offset) Object.assign(place, { offset: 0, rest: '' }) // emptied and begun anew
    const bytes = Buffer.alloc(Math.min(READ_MAX, size - place.offset))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, place.offset)
    const whole = bytes.subarray(0, bytesRead).lastIndexOf(0x0a) + 1 // never half a character
    place.offset += whole
    const atEnd = bytesRead < READ_MAX
    const text = place.rest + bytes.toString('utf8', 0, whole)
    if (place.file.endsWith('.json')) {
      const lines = text.split('\n').map(readJsonLog)
      return { lines: lines.filter((line) => line !== undefined), atEnd }
    }
    const { records, rest } = csvRecords(text)
    place.rest = rest.length > REST_MAX ? '' : rest
    return { lines: records.map(readCsvLog).filter((line) => line !== undefined), atEnd }
  }
}
