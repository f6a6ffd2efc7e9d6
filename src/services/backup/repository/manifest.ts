/**
 * A backup's manifest: every file and where its bytes are. Lines of JSON.
 *
 * Source: docs/formats/repository.md §8.
 *
 * @module
 */
import { z } from 'zod'
import { IntegrityError } from '#lib/errors.ts'
import { checkDataPath } from './data-path.ts'
import { BACKUP_ID } from './names.ts'
import { newerFormat } from './object-frame.ts'

/** Bytes [at, at + length) of a file are at `offset` of the plaintext of a pack. */
export type Extent = {
  readonly at: number
  readonly length: number
  /** Index into the manifest's sources. */
  readonly source: number
  readonly pack: number
  readonly offset: number
}

export type ManifestFile = {
  readonly path: string
  readonly size: number
  readonly mode: number
  readonly modifiedMs: number
  /** Below this, bytes without an extent are the parent's; above it they are zero. */
  readonly inherits: number
  readonly extents: readonly Extent[]
}

export type ManifestLine =
  | { readonly line: 'manifest'; readonly id: string; readonly sources: readonly string[] }
  | { readonly line: 'pack'; readonly pack: number; readonly chunkSizes: readonly number[] }
  | { readonly line: 'directory'; readonly path: string; readonly mode: number }
  | { readonly line: 'link'; readonly path: string; readonly target: string }
  | { readonly line: 'tablespace'; readonly oid: number; readonly location: string }
  | ({ readonly line: 'file' } & ManifestFile)
  | { readonly line: 'serverManifest'; readonly extents: readonly Extent[] }
  | { readonly line: 'damaged'; readonly path: string; readonly blocks: readonly number[] }
  | { readonly line: 'end'; readonly count: number }

export function encodeLine(line: ManifestLine): string {
  return `${JSON.stringify(toJson(line))}\n`
}

function toJson(line: ManifestLine): object {
  switch (line.line) {
    case 'manifest':
      return { manifest: 1, id: line.id, sources: line.sources }
    case 'pack':
      return { pack: line.pack, chunks: line.chunkSizes }
    case 'directory':
      return { directory: line.path, mode: line.mode }
    case 'link':
      return { link: line.path, target: line.target }
    case 'tablespace':
      return { tablespace: line.oid, location: line.location }
    case 'file':
      return {
        file: line.path,
        size: line.size,
        mode: line.mode,
        modified: line.modifiedMs,
        inherits: line.inherits,
        extents: line.extents.flatMap((x) => [x.at, x.length, x.source, x.pack, x.offset]),
      }
    case 'serverManifest':
      return { serverManifest: line.extents.flatMap((x) => [x.length, x.source, x.pack, x.offset]) }
    case 'damaged':
      return { damaged: line.path, blocks: line.blocks }
    case 'end':
      return { end: line.count }
  }
}

const count = z.number().int().nonnegative()
const mode = z.number().int().min(0).max(0o7777)
/** Of a large file tens of thousands: looked at in one loop, not one by one through a schema. */
const counts = z.custom<readonly number[]>(
  (found) => Array.isArray(found) && found.every((one) => Number.isSafeInteger(one) && one >= 0),
)
const shapes: readonly z.ZodType<ManifestLine>[] = [
  z
    .strictObject({
      file: z.string(),
      size: count,
      mode,
      modified: z.number().int(),
      inherits: count,
      extents: counts,
    })
    .transform(({ file, modified, extents, ...rest }) => ({
      ...rest,
      line: 'file' as const,
      path: file,
      modifiedMs: modified,
      extents: fileExtents(extents),
    })),
  z.strictObject({ directory: z.string(), mode }).transform(({ directory, ...rest }) => ({
    ...rest,
    line: 'directory' as const,
    path: directory,
  })),
  z
    .strictObject({ pack: count, chunks: counts })
    .transform(({ pack, chunks }) => ({ line: 'pack' as const, pack, chunkSizes: chunks })),
  z
    .strictObject({ link: z.string(), target: z.string() })
    .transform(({ link, target }) => ({ line: 'link' as const, path: link, target })),
  z
    .strictObject({ tablespace: count, location: z.string() })
    .transform(({ tablespace, location }) => ({
      line: 'tablespace' as const,
      oid: tablespace,
      location,
    })),
  z
    .strictObject({ damaged: z.string(), blocks: counts })
    .transform(({ damaged, blocks }) => ({ line: 'damaged' as const, path: damaged, blocks })),
  z.strictObject({ serverManifest: counts }).transform(({ serverManifest }) => ({
    line: 'serverManifest' as const,
    extents: manifestExtents(serverManifest),
  })),
  z
    .strictObject({
      manifest: z.literal(1),
      id: z.string().regex(BACKUP_ID),
      sources: z.array(z.string().regex(BACKUP_ID)).min(1),
    })
    .transform(({ id, sources }) => ({ line: 'manifest' as const, id, sources })),
  z.strictObject({ end: count }).transform(({ end }) => ({ line: 'end' as const, count: end })),
]
const keyOf = ['file', 'directory', 'pack', 'link', 'tablespace', 'damaged', 'serverManifest']
const allKeys = [...keyOf, 'manifest', 'end']

function fileExtents(numbers: readonly number[]): Extent[] {
  const extents: Extent[] = []
  for (let at = 0; at < numbers.length; at += 5) {
    const [start, length] = [numbers[at], numbers[at + 1]]
    extents.push(extentOf(start, length, numbers[at + 2], numbers[at + 3], numbers[at + 4]))
  }
  return extents
}

function manifestExtents(numbers: readonly number[]): Extent[] {
  const extents: Extent[] = []
  let start = 0
  for (let at = 0; at < numbers.length; at += 4) {
    const [length, source, pack, offset] = numbers.slice(at, at + 4)
    const extent = extentOf(start, length, source, pack, offset)
    extents.push(extent)
    start += extent.length
  }
  return extents
}

/** Missing numbers become an extent that every check refuses. */
function extentOf(at = NaN, length = NaN, source = NaN, pack = NaN, offset = NaN): Extent {
  return { at, length, source, pack, offset }
}

/** Takes the plaintext of a manifest in any pieces, and gives its lines, checked. */
export class ManifestReader {
  readonly #name: string
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #rest = ''
  #lines = 0
  #sources = 0
  #ended = false

  /** @param name For messages. */
  constructor(name: string) {
    this.#name = name
  }

  /**
   * @throws {IntegrityError} BACKUP_MANIFEST_DAMAGED. @throws {ProtocolError} BACKUP_PATH_UNSAFE.
   * @throws {UsageError} REPOSITORY_FORMAT_NEWER.
   */
  *push(bytes: Uint8Array): Generator<ManifestLine> {
    this.#rest += this.#decoder.decode(bytes, { stream: true })
    const lines = this.#rest.split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) yield this.#take(line)
  }

  /** To be called once all was pushed. @throws {IntegrityError} BACKUP_MANIFEST_DAMAGED. */
  end(): void {
    if (!this.#ended || this.#rest !== '') throw this.#invalid('it has no end')
  }

  #take(text: string): ManifestLine {
    const line = parseLine(this.#name, text)
    if (this.#ended || (line.line === 'manifest') !== (this.#lines === 0)) {
      throw this.#invalid('its lines are out of order')
    }
    if (line.line === 'manifest') this.#sources = line.sources.length
    if (line.line === 'end' && line.count !== this.#lines) throw this.#invalid('lines are missing')
    if ('path' in line) checkDataPath(line.path)
    if ('extents' in line) this.#checkExtents(line)
    this.#ended = line.line === 'end'
    this.#lines++
    return line
  }

  #checkExtents(line: { extents: readonly Extent[]; size?: number }): void {
    let from = 0
    for (const { at, length, source, pack, offset } of line.extents) {
      const sound = at >= from && length > 0 && source < this.#sources && pack >= 0 && offset >= 0
      if (!sound) throw this.#invalid('an extent is impossible')
      from = at + length
    }
    if (from > (line.size ?? Infinity)) throw this.#invalid('an extent ends beyond its file')
  }

  #invalid(why: string): IntegrityError {
    return new IntegrityError('BACKUP_MANIFEST_DAMAGED', `${this.#name}: ${why}`)
  }
}

function parseLine(name: string, text: string): ManifestLine {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new IntegrityError('BACKUP_MANIFEST_DAMAGED', `${name}: a line is no JSON`)
  }
  const index = allKeys.findIndex((key) => typeof json === 'object' && json && key in json)
  const parsed = shapes[index]?.safeParse(json)
  if (!parsed?.success) throw newerFormat(name, 'has a line of an unknown kind')
  return parsed.data
}
