/**
 * Names of the repository's objects. Source: docs/formats/repository.md §2.
 *
 * @module
 */
import { toHex } from '#lib/byte-fields.ts'
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'

export const ROOT_NAME = 'root'
/** Roots for recipients of later. */
export const ROOTS_FOLDER = 'roots'
export const CATALOGUE_FOLDER = 'catalogue'
export const KEYS_FOLDER = 'keys'
export const BACKUPS_FOLDER = 'backups'
export const WAL_FOLDER = 'wal'
/** Signed receipts of drills and verifications; docs/formats/receipt.md. */
export const RECEIPTS_FOLDER = 'receipts'

export function entryName(sequence: number): string {
  return `${CATALOGUE_FOLDER}/${sequence.toString(16).padStart(16, '0')}`
}

/** The root made when the recipients changed for the nth time. */
export function laterRootName(number: number): string {
  return `${ROOTS_FOLDER}/${hex8(number)}`
}

/** An entry that says all that went before. */
export function foldName(sequence: number): string {
  return `${entryName(sequence)}-fold`
}

/** What the name of a catalogue entry says; undefined for any other name. */
export function parseEntryName(name: string): { sequence: number; fold: boolean } | undefined {
  const found = /^catalogue\/([0-9a-f]{16})(-fold)?$/.exec(name)
  if (!found) return undefined
  return { sequence: Number.parseInt(found[1] ?? '', 16), fold: found[2] !== undefined }
}

export function keyName(keyId: Uint8Array, generation: number): string {
  return `${KEYS_FOLDER}/${toHex(keyId)}-${hex8(generation)}`
}

/** The key's id, hex, from the name of one of its objects. */
export function keyIdOf(name: string): string {
  return name.slice(KEYS_FOLDER.length + 1, KEYS_FOLDER.length + 33)
}

/** Whether this names a key object of which there is one of a later generation in `newest`. */
export function isOldKey(name: string, newest: ReadonlyMap<string, string>): boolean {
  return name.startsWith(`${KEYS_FOLDER}/`) && name < (newest.get(keyIdOf(name)) ?? '')
}

/** @param random 8 random bytes. */
export function backupIdFrom(startedMs: number, random: Uint8Array): string {
  const time = new Date(startedMs).toISOString().slice(0, 19).replace(/[-:]/g, '').toLowerCase()
  return `${time}z-${toHex(random)}`
}

export const BACKUP_ID: RegExp = /^\d{8}t\d{6}z-[0-9a-f]{16}$/

/** When a backup was begun, by its id, to the second; NaN for what is no id. */
export function startOfBackup(id: string): number {
  if (!BACKUP_ID.test(id)) return Number.NaN
  const [, date, time] = /^(\d{8})t(\d{6})/.exec(id) ?? []
  const day = `${date?.slice(0, 4)}-${date?.slice(4, 6)}-${date?.slice(6)}`
  return Date.parse(`${day}T${time?.slice(0, 2)}:${time?.slice(2, 4)}:${time?.slice(4)}Z`)
}

export function packName(backupId: string, number: number): string {
  return `${BACKUPS_FOLDER}/${backupId}/pack-${hex8(number)}`
}

export function manifestName(backupId: string): string {
  return `${BACKUPS_FOLDER}/${backupId}/manifest`
}

/** What the name of a WAL object says; true only once the object is authenticated. */
export type WalName = {
  readonly timeline: number
  readonly segmentLsn: Lsn
  readonly startLsn: Lsn
  readonly endLsn: Lsn
  /** 16 hex digits. */
  readonly run: string
  /** Whether it replaces several parts. */
  readonly whole: boolean
}

export function walFolder(timeline: number, segmentLsn?: Lsn): string {
  const folder = `${WAL_FOLDER}/${hex8(timeline)}`
  return segmentLsn === undefined ? folder : `${folder}/${hex16(segmentLsn)}`
}

export function walName(part: WalName): string {
  const range = `${hex16(part.startLsn)}-${hex16(part.endLsn)}-${part.run}`
  return `${walFolder(part.timeline, part.segmentLsn)}/${range}${part.whole ? '-whole' : ''}`
}

const WAL_NAME =
  /^wal\/([0-9a-f]{8})\/([0-9a-f]{16})\/([0-9a-f]{16})-([0-9a-f]{16})-([0-9a-f]{16})(-whole)?$/

/** Undefined for any other name. */
export function parseWalName(name: string): WalName | undefined {
  const found = WAL_NAME.exec(name)
  if (!found) return undefined
  const [, timeline, segment, start, end, run = '', whole] = found
  return {
    timeline: Number.parseInt(timeline ?? '', 16),
    segmentLsn: BigInt(`0x${segment}`),
    startLsn: BigInt(`0x${start}`),
    endLsn: BigInt(`0x${end}`),
    run,
    whole: whole !== undefined,
  }
}

/** PostgreSQL's own name of a segment: timeline, then the segment's number in two halves. */
export function walFileName(timeline: number, segmentLsn: Lsn, walSegmentSize: number): string {
  const number = segmentLsn / BigInt(walSegmentSize)
  const perLog = 0x1_0000_0000n / BigInt(walSegmentSize)
  const halves = [BigInt(timeline), number / perLog, number % perLog]
  return halves.map((half) => half.toString(16).padStart(8, '0').toUpperCase()).join('')
}

export function historyFileName(timeline: number): string {
  return `${hex8(timeline).toUpperCase()}.history`
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0')
}

function hex16(value: bigint): string {
  return value.toString(16).padStart(16, '0')
}
