/**
 * The notes by which keys of one name took over from each other, one behind the other in a file.
 *
 * Source: docs/formats/succession.md.
 *
 * @module
 */
import { readLine, splitNotes, type Succession } from '#crypto/key-succession.ts'
import { systemDisk } from './disk.ts'

/** The line, verified; none while there was one key. @throws {IntegrityError} SUCCESSION_…. */
export async function readKeyLine(file: string): Promise<readonly Succession[]> {
  return readLine(await textOf(file))
}

/** Adds a note, durably. @throws {FaultError} DISK_…. */
export async function extendKeyLine(file: string, note: string): Promise<void> {
  await systemDisk.replace(file, Buffer.from(`${await textOf(file)}${note}`))
}

/** The notes of a file, in their order, not verified: several lines may be mixed in it. */
export async function readNotes(file: string): Promise<readonly string[]> {
  return splitNotes(await textOf(file))
}

async function textOf(file: string): Promise<string> {
  if ((await systemDisk.size(file)) === undefined) return ''
  return Buffer.from(await systemDisk.read(file)).toString('utf8')
}
