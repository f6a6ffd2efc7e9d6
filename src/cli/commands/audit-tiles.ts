/**
 * `veilig audit tiles`: a book's tree as files that any verifier of transparency logs can read.
 *
 * @module
 */
import { join, resolve } from 'node:path'
import { openCheckpoint } from '#audit/book-files.ts'
import { layTiles } from '#audit/tiles.ts'
import { UsageError } from '#lib/errors.ts'
import { sealKeysIn } from '#services/seal/seal-key.ts'
import { systemDisk } from '#system/disk.ts'
import type { Command } from '../command.ts'

export const auditTilesCommand: Command = {
  name: 'audit tiles',
  summary: "lay out a book's tree as C2SP tlog-tiles: hashes alone, for anybody's verifier",
  usage: '--process NAME --into DIR [--json]',
  options: { process: { type: 'string' }, into: { type: 'string' } },
  run: async ({ paths }, input) => {
    const { process: name, into: folder, json } = input.values
    if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,62}$/.test(name))
      throw new UsageError('OPTION_INVALID', 'name the book: --process sql-gateway')
    if (typeof folder !== 'string')
      throw new UsageError('OPTION_INVALID', 'name an empty folder: --into DIR')
    const into = resolve(folder)
    if ((await systemDisk.list(into)).length + (await systemDisk.folders(into)).length > 0)
      throw new UsageError('OPTION_INVALID', `${into} is not empty`)
    const file = join(paths.seal, name, 'checkpoint')
    if ((await systemDisk.size(file)) === undefined) {
      const message = `the seal has signed nothing of a book '${name}'; is --data right?`
      throw new UsageError('AUDIT_BOOK_UNKNOWN', message)
    }
    const keys = await sealKeysIn(paths.seal)
    const [key] = keys
    const note = textOf(await systemDisk.read(file))
    const { origin, size, root } = openCheckpoint(note, keys)
    const onProgress = input.interactive && json !== true ? progressOf(size) : undefined
    const book = { folder: paths.audit, process: name }
    const tiles = await layTiles({ ...book, into, size, root, note, onProgress })
    if (json === true)
      process.stdout.write(`${JSON.stringify({ origin, key, size, tiles, into })}\n`)
    else
      process.stdout.write(
        `${input.interactive ? '\r\x1b[2K' : ''}${origin}: ${size} records, ${tiles} tiles in ` +
          `${into}\nverifier key: ${key}\n`,
      )
    return 0
  },
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}

function progressOf(size: number): (records: number) => void {
  return (records) => {
    process.stdout.write(`\r\x1b[2K${Math.floor((100 * records) / size)} %`)
  }
}
