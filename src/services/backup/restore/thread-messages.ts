/**
 * What the threads of a restore and the one that reads the repository say to each other.
 *
 * A thread is told its files, and asks for packs and for the data keys that open them. The recovery
 * key, the regions and their secrets stay where they are.
 *
 * @module
 */
import { FaultError, IntegrityError, ProtocolError, UsageError, VeiligError } from '#lib/errors.ts'
import type { DataKey } from '../repository/data-key.ts'
import type { PlacedExtent } from './blocks.ts'
import type { FilePlan } from './data-directory.ts'
import type { HeldMax } from './opened-pieces.ts'

/** What a thread shall do. */
export type Assignment = {
  readonly repositoryId: Uint8Array
  readonly over: boolean
  readonly held: HeldMax
  /** Of the packs it will ask for. */
  readonly packSizes: ReadonlyMap<string, number>
  readonly files: SentFiles
}

/** An answer bears the number of its question. */
export type Question =
  | { readonly say: 'pack'; readonly number: number; readonly name: string }
  | { readonly say: 'key'; readonly number: number; readonly keyId: Uint8Array }

export type FromThread =
  | Question
  | { readonly say: 'progress'; readonly bytes: number }
  | { readonly say: 'done'; readonly writtenBytes: number }
  | { readonly say: 'failed'; readonly fault: SentFault }

export type Answer = { readonly number: number; readonly value: Uint8Array | DataKey }

/** Files and where they go; tens of thousands of extents as numbers in a row. */
export type SentFiles = {
  readonly files: readonly (Omit<FilePlan, 'extents'> & {
    readonly place: string
    readonly extents: number
  })[]
  readonly backupIds: readonly string[]
  readonly extents: Float64Array<ArrayBuffer>
}

const NUMBERS = 5

export function sendFiles(files: readonly FilePlan[], locate: (path: string) => string): SentFiles {
  const count = files.reduce((sum, { extents }) => sum + extents.length, 0)
  const extents = new Float64Array(count * NUMBERS)
  const backups = new Map<string, number>()
  let next = 0
  for (const file of files) {
    for (const { at, length, backupId, pack, offset } of file.extents) {
      const backup = backups.get(backupId) ?? backups.size
      backups.set(backupId, backup)
      extents.set([at, length, backup, pack, offset], next)
      next += NUMBERS
    }
  }
  const sent = files.map((file) => {
    return { ...file, place: locate(file.path), extents: file.extents.length }
  })
  return { files: sent, backupIds: [...backups.keys()], extents }
}

export function receiveFiles({ files, backupIds, extents }: SentFiles): {
  readonly files: readonly FilePlan[]
  readonly locate: (path: string) => string
} {
  const places = new Map(files.map(({ path, place }) => [path, place]))
  let next = 0
  const take = (): number => extents[next++] ?? 0
  const extent = (): PlacedExtent => {
    const [at, length, backupId] = [take(), take(), backupIds[take()] ?? '']
    return { at, length, backupId, pack: take(), offset: take() }
  }
  return {
    files: files.map(({ place: _place, ...file }) => {
      return { ...file, extents: Array.from({ length: file.extents }, extent) }
    }),
    locate: (path) => places.get(path) ?? path,
  }
}

/** An error that is no bug; only these are answered, a bug ends the thread. */
export type SentFault = {
  readonly name: FaultName
  readonly code: string
  readonly message: string
}

type FaultName = 'FaultError' | 'IntegrityError' | 'ProtocolError' | 'UsageError'

const classes = { FaultError, IntegrityError, ProtocolError, UsageError } as const

/** Undefined for a bug. */
export function sendFault(error: unknown): SentFault | undefined {
  if (!(error instanceof VeiligError) || !(error.name in classes)) return undefined
  const { name, code, message } = error
  return { name: name as FaultName, code, message: message.slice(code.length + 2) }
}

export function receiveFault({ name, code, message }: SentFault): VeiligError {
  return new classes[name](code, message)
}
