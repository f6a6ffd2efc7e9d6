/**
 * `veilig backup rotate-key`: another recovery key for all backups; their contents stay.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { SEED_SIZE, type Identity } from '#crypto/key-wrap.ts'
import { printKey } from '#crypto/printed-key.ts'
import { toHex } from '#lib/byte-fields.ts'
import { UsageError } from '#lib/errors.ts'
import { askBackup } from '#services/backup/control/client.ts'
import { readCatalogueKey } from '#services/backup/repository/repository-keys.ts'
import { putLaterRoot, rewrapKeys } from '#services/backup/repository/rewrap.ts'
import { systemDisk } from '#system/disk.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { keyFiles, openForReading, readKeyFile } from '../repository.ts'

export const backupRotateKeyCommand: Command = {
  name: 'backup rotate-key',
  summary: 'make another recovery key, and let the old one open nothing any more',
  usage: '--new FILE [--key FILE]',
  options: { new: { type: 'string' }, key: { type: 'string' } },
  run: async (context, { values, signal }) => {
    const { paths, clock } = context
    if (typeof values['new'] !== 'string') {
      throw new UsageError('KEY_FILE_MISSING', 'say where the new key shall be written: --new FILE')
    }
    const file = resolve(values['new'])
    const files = keyFiles(paths)
    const old = await readKeyFile(paths, values['key'])
    const verifier = await readKeyFile(paths, files.verifier)
    const recovery = await newKey(paths, file)
    const recipients = [recovery, verifier]
    const signingKey = readCatalogueKey(await text(files.catalogue))
    const options = {
      reader: await openForReading(context, context.config.backup.regions, old),
      identity: old,
      signingKey,
      recipients,
      random: randomBytes,
      nowMs: clock.nowMs(),
    }
    await putLaterRoot(options)
    const keys = recipients.map(({ publicKey }) => toHex(publicKey))
    for await (const answer of askBackup(
      paths.socket('backup'),
      { request: 'recipients', keys },
      signal,
    )) {
      if (answer.answer !== 'failed') continue
      process.stderr.write(`${answer.message}\n`)
      return 1
    }
    const begunMs = clock.monotonicMs()
    const count = await rewrapKeys(options)
    if ((await systemDisk.size(files.recovery)) !== undefined) {
      await systemDisk.replace(files.recovery, await systemDisk.read(file))
    }
    const tookMs = Math.round(clock.monotonicMs() - begunMs)
    process.stdout.write(
      values['json'] === true
        ? `${JSON.stringify({ keys: count, tookMs })}\n`
        : `${count} keys now open with the key in ${file} alone, after ${tookMs} ms. Print it, ` +
            'keep it elsewhere, destroy the old one.\n',
    )
    return 0
  },
}

/** Durable before anything is wrapped for it; one that was begun with is gone on with. */
async function newKey(paths: Context['paths'], file: string): Promise<Identity> {
  if ((await systemDisk.size(file)) === undefined) {
    const printed = `${printKey('VEILIG-RECOVERY-1', randomBytes(SEED_SIZE))}\n`
    await systemDisk.replace(file, Buffer.from(printed))
  }
  return readKeyFile(paths, file)
}

async function text(file: string): Promise<string> {
  return Buffer.from(await systemDisk.read(file)).toString('utf8')
}
