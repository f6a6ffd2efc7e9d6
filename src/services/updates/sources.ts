/**
 * Brings what is known of vulnerabilities: from a file, a folder, or a mirror's address.
 *
 * What comes from an address is kept beside, so that the age of the knowledge is seen and a mirror
 * that is away for a day changes nothing.
 *
 * @module
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FaultError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'

const FETCH_EVERY_MS = 6 * 3_600_000
const FETCH_TIMEOUT_MS = 300_000
const BYTES_MAX = 512 * 1024 * 1024
const FILES_MAX = 500_000

export type Known = {
  /** Parsed JSON, not yet looked at. */
  readonly content: unknown
  /** When it was written, or fetched. */
  readonly atMs: number
}

/**
 * @param place A file, a folder of JSON files, or an https address.
 * @param kept Where what was fetched is kept.
 * @throws {FaultError} ADVISORIES_UNREADABLE.
 */
export async function readKnown(place: string, kept: string, nowMs: number): Promise<Known> {
  try {
    if (!/^https?:/.test(place)) return await readPlace(place)
    const before = await stat(kept).catch(() => undefined)
    if (before === undefined || nowMs - before.mtimeMs > FETCH_EVERY_MS) {
      await fetchTo(place, kept).catch((error: unknown) => {
        if (before === undefined) throw error // else what is kept grows old, and is seen to
      })
    }
    return await readPlace(kept)
  } catch (cause) {
    const message = `${place} cannot be read: ${(cause as Error).message}`
    throw new FaultError('ADVISORIES_UNREADABLE', message, { cause })
  }
}

async function readPlace(place: string): Promise<Known> {
  const found = await stat(place)
  if (!found.isDirectory()) return { content: await readJson(place), atMs: found.mtimeMs }
  const names = (await readdir(place, { recursive: true })).filter((name) => name.endsWith('.json'))
  if (names.length > FILES_MAX) throw new Error(`more than ${FILES_MAX} files`)
  const all: unknown[] = []
  let atMs = found.mtimeMs
  for (const name of names) {
    const file = join(place, name)
    const content = await readJson(file)
    all.push(...(Array.isArray(content) ? (content as unknown[]) : [content]))
    atMs = Math.max(atMs, (await stat(file)).mtimeMs)
  }
  return { content: all, atMs }
}

async function readJson(file: string): Promise<unknown> {
  if ((await stat(file)).size > BYTES_MAX) throw new Error(`${file} is larger than 512 MiB`)
  return JSON.parse(await readFile(file, 'utf8'))
}

async function fetchTo(address: string, file: string): Promise<void> {
  const response = await fetch(address, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) })
  if (!response.ok || !response.body) throw new Error(`it answered ${response.status}`)
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body) {
    size += part.length
    if (size > BYTES_MAX) throw new Error('it is larger than 512 MiB')
    parts.push(part)
  }
  const bytes = Buffer.concat(parts)
  JSON.parse(bytes.toString('utf8')) // half an answer must not take the place of a whole one
  await systemDisk.replace(file, bytes)
}
