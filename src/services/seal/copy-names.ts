/**
 * Names of the trail's copies in a region: docs/formats/audit.md §9.
 *
 * @module
 */
import { createHash } from 'node:crypto'

const HOUR_MS = 3_600_000

/** Hours since the Unix epoch. */
export function hourOf(nowMs: number): number {
  return Math.floor(nowMs / HOUR_MS)
}

/** The folder of a machine: its name as far as an object may be called so, and a digest of it. */
export function folderOf(node: string): string {
  const digest = createHash('sha256').update(node).digest('hex').slice(0, 8)
  const slug = node
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  return `${slug.slice(0, 60) || 'node'}-${digest}`
}

/** A part, as it was copied. @param startMs When its process began: so no name comes twice. */
export function partName(node: string, hour: number, startMs: number, number: number): string {
  return `${folderOf(node)}/p-${hour}/${startMs}-${String(number).padStart(8, '0')}`
}

/** All of an hour, in one object or a few. */
export function wholeName(node: string, hour: number, startMs: number, number: number): string {
  return `${folderOf(node)}/h-${hour}/${startMs}-${String(number).padStart(8, '0')}`
}

/** The hour an object is of; undefined for another name. */
export function hourIn(name: string): number | undefined {
  const [, hour] = /^[^/]+\/[hp]-([0-9]{1,9})\//.exec(name) ?? []
  return hour === undefined ? undefined : Number(hour)
}
