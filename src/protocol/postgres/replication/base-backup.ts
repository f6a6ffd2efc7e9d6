/**
 * What flows within BASE_BACKUP: archives one after another, progress, then the manifest.
 *
 * Source: PostgreSQL documentation, "Streaming Replication Protocol", BASE_BACKUP, as of 15.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { quoteLiteral } from './messages.ts'

export type BackupMessage =
  | {
      readonly kind: 'archive'
      /** `base.tar`, or the tablespace's OID with `.tar`. */
      readonly name: string
      /** Where the tablespace lies on the server; empty for the main data directory. */
      readonly path: string
    }
  | { readonly kind: 'manifest' }
  /** Bytes of what was announced last. */
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  /** Bytes of the current archive the server has sent, as it counts. */
  | { readonly kind: 'progress'; readonly doneBytes: number }

/** @param body Of a CopyData. @throws {ProtocolError} PG_VALUE_INVALID. */
export function decodeBackupMessage(body: Uint8Array): BackupMessage {
  const kind = String.fromCharCode(body[0] ?? 0)
  if (kind === 'd') return { kind: 'data', bytes: body.subarray(1) }
  if (kind === 'm' && body.length === 1) return { kind: 'manifest' }
  if (kind === 'p' && body.length === 9) {
    const view = new DataView(body.buffer, body.byteOffset, body.length)
    return { kind: 'progress', doneBytes: Number(view.getBigInt64(1)) }
  }
  if (kind === 'n') {
    const text = Buffer.from(body.buffer, body.byteOffset + 1, body.length - 1).toString('utf8')
    const [name = '', path = '', rest] = text.split('\0')
    if (name !== '' && rest === '') return { kind: 'archive', name, path }
  }
  throw new ProtocolError('PG_VALUE_INVALID', `not a message of a backup: ${kind}`)
}

/**
 * The command for a backup.
 *
 * CRC-32C in the manifest, because the server would halve its speed for SHA-256; we bind the
 * contents ourselves while we seal them. `WAIT false`: our own WAL stream brings the WAL.
 *
 * @param maxRateKib Kilobytes a second the server may send, 32 to 1048576; undefined: no limit.
 */
export function baseBackupCommand(options: {
  readonly label: string
  readonly maxRateKib?: number | undefined
  /** Only what changed since the manifest that was uploaded. */
  readonly incremental?: boolean
}): string {
  const terms = [
    `LABEL ${quoteLiteral(options.label)}`,
    'PROGRESS true',
    `CHECKPOINT 'fast'`,
    'WAIT false',
    'TABLESPACE_MAP true',
    `MANIFEST 'yes'`,
    `MANIFEST_CHECKSUMS 'CRC32C'`,
    ...(options.incremental === true ? ['INCREMENTAL true'] : []),
    ...(options.maxRateKib === undefined ? [] : [`MAX_RATE ${options.maxRateKib}`]),
  ]
  return `BASE_BACKUP (${terms.join(', ')})`
}
