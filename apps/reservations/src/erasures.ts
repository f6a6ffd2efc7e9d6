/**
 * The list of those who left, kept outside the database: a restored backup knows them again, and
 * at the next start they are erased again.
 *
 * One JSON line each: ids and a time, no name. A line is on disk before the database forgets, so no
 * erasure is ever lost; one that failed half-way is finished at the next start.
 *
 * @module
 */
import { open, readFile } from 'node:fs/promises'
import { z } from 'zod'
import { codeOf, inClub, type Database } from './database.ts'

export type Erasure = {
  readonly clubId: string
  readonly memberId: string
  /** ISO 8601. */
  readonly at: string
}

const erasure: z.ZodType<Erasure> = z.object({
  clubId: z.uuid(),
  memberId: z.uuid(),
  at: z.iso.datetime(),
})

/** Writes the line and waits until the disk has it. */
export async function noteErasure(file: string, line: Erasure): Promise<void> {
  const handle = await open(file, 'a', 0o600)
  try {
    await handle.write(`${JSON.stringify(line)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Erases again whom the list names and the database still, or again, knows.
 * @returns How many were erased now. @throws When a line cannot be read: better not to start.
 */
export async function replayErasures(database: Database, file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '' // nobody left yet
    throw error
  })
  let erased = 0
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const { clubId, memberId, at } = erasure.parse(JSON.parse(line))
    const rows = await inClub(
      database,
      clubId,
      (tx) => tx<{ done: boolean }[]>`SELECT erase_member(${memberId}, ${new Date(at)}) AS done`,
    )
    if (rows[0]?.done) erased += 1
  }
  return erased
}
