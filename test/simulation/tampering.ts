/**
 * Tampering with an audit book by who has every right and every key of its machine, from one seed:
 * any record, header or file, with the hashes left as they were, or with all of them made anew and
 * signed with the real keys. The verifier has the files and the witness's last checkpoint.
 *
 * @module
 */
import { openTrail } from '#audit/open.ts'
import { RecordCursor, RecordEncoder } from '#audit/record.ts'
import { decodeHeader, encodeHeader, segmentName, TRAILER_SIZE } from '#audit/segment.ts'
import type { SegmentHeader } from '#audit/segment.ts'
import { verifyBook } from '#audit/verify.ts'
import { encodeCheckpoint, type Checkpoint } from '#crypto/checkpoint.ts'
import { MerkleTree } from '#crypto/merkle.ts'
import { SHA256_SIZE } from '#crypto/sha256.ts'
import { ed25519PrivateKey, noteSigner, signNote } from '#crypto/signed-note.ts'
import { CrashingDisk } from '#kit/crashing-disk.ts'
import { quickClock } from '#kit/quick-clock.ts'
import { mulberry32 } from '#kit/random.ts'

const FOLDER = '/audit/writer'
const ORIGIN = 'n1/audit/writer'
const signer = noteSigner(ORIGIN, ed25519PrivateKey(new Uint8Array(32).fill(3)))

type Entry = { json: string; timeMs: number; durable: number }
type Part = { header: SegmentHeader; entries: Entry[] }
type Files = Map<string, Buffer>
type Book = {
  readonly files: Files
  readonly parts: Part[]
  readonly size: number
  /** The book's own checkpoint. */
  readonly note: Buffer
}

export type Tried = {
  readonly kind: string
  readonly round: number
  /** Codes of what was found; none: it passed. */
  readonly found: readonly string[]
}

type Attack = (book: Book, witnessed: number, random: () => number) => Files

/** Every kind of tampering; each changes something among the first `witnessed` records. */
const attacks: Readonly<Record<string, Attack>> = {
  'a byte changed': (book, witnessed, random) => {
    const { name, bytes, at, end } = pick(book, witnessed, random)
    const place = at + Math.floor(random() * (end - at))
    bytes[place] = (bytes[place] ?? 0) ^ (1 + Math.floor(random() * 255))
    return changed(book, name, bytes)
  },
  'a record taken out': (book, witnessed, random) => {
    const { name, bytes, at, end } = pick(book, witnessed, random)
    return changed(book, name, Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]))
  },
  'a record put in again elsewhere': (book, witnessed, random) => {
    const one = pick(book, witnessed, random)
    const { name, bytes, at } = pick(book, witnessed, random)
    const copy = one.bytes.subarray(one.at, one.end)
    return changed(book, name, Buffer.concat([bytes.subarray(0, at), copy, bytes.subarray(at)]))
  },
  'a file cut': (book, witnessed, random) => {
    const { name, bytes, at, end } = pick(book, witnessed, random)
    return changed(book, name, bytes.subarray(0, at + Math.floor(random() * (end - at))))
  },
  'a header changed': (book, _, random) => {
    const [name, bytes] = chosen([...book.files], random)
    const { size } = decodeHeader(bytes)
    const copy = Buffer.from(bytes)
    const place = Math.floor(random() * size)
    copy[place] = (copy[place] ?? 0) ^ (1 + Math.floor(random() * 255))
    return changed(book, name, copy)
  },
  'a file removed': (book, witnessed, random) => {
    const files = new Map(book.files)
    files.delete(pick(book, witnessed, random).name)
    return files
  },
  'all files removed': () => new Map(),
  'two files exchanged': (book, _, random) => {
    const names = [...book.files.keys()]
    const at = Math.floor(random() * (names.length - 1))
    const [one = '', two = ''] = names.slice(at)
    const files = new Map(book.files)
    return files.set(one, book.files.get(two)!).set(two, book.files.get(one)!)
  },
  'forged: a record edited': (book, witnessed, random) => {
    const entries = all(book)
    const entry = entries[Math.floor(random() * witnessed)]!
    entry.json = entry.json.replace('}}', `,"z":${Math.floor(random() * 1e9)}}}`)
    return remade(book.parts)
  },
  'forged: a time changed': (book, witnessed, random) => {
    all(book)[Math.floor(random() * witnessed)]!.timeMs += 1 + Math.floor(random() * 1e6)
    return remade(book.parts)
  },
  'forged: records taken out': (book, witnessed, random) => {
    let at = Math.floor(random() * witnessed)
    const count = 1 + Math.floor(random() * 3)
    for (const { entries } of book.parts) {
      if (at < entries.length && entries.splice(at, count).length > 0) break
      at -= entries.length
    }
    return remade(book.parts)
  },
  'forged: a record added': (book, witnessed, random) => {
    let at = Math.floor(random() * witnessed)
    const json = '{"code":"TEST_HAPPENED","detail":{"z":1}}'
    for (const { entries } of book.parts) {
      if (at < entries.length) {
        entries.splice(at, 0, { json, timeMs: 1, durable: 0 })
        break
      }
      at -= entries.length
    }
    return remade(book.parts)
  },
  'forged: two records exchanged': (book, witnessed, random) => {
    const entries = all(book)
    const at = Math.floor(random() * witnessed)
    const apart = 1 + Math.floor(random() * (witnessed - 1))
    const one = entries[at]!
    const two = entries[(at + apart) % witnessed]!
    const { json } = one
    one.json = two.json === json ? '{"code":"TEST_HAPPENED","detail":{}}' : two.json
    two.json = json
    return remade(book.parts)
  },
  'forged: cut short': (book, witnessed, random) => {
    keepFirst(book.parts, Math.floor(random() * witnessed))
    return remade(book.parts)
  },
  'forged: another history, as long or longer': (book, witnessed, random) => {
    const from = Math.floor(random() * witnessed)
    keepFirst(book.parts, from)
    const last = book.parts.at(-1)!
    for (let index = from; index < book.size + 20; index++) {
      const json = `{"code":"TEST_HAPPENED","detail":{"forged":${index}}}`
      last.entries.push({ json, timeMs: 7, durable: 0 })
    }
    return remade(book.parts)
  },
  'forged: begun anew': (book, _, random) => {
    const id = mulberry32(Math.floor(random() * 1e9))
    const digits = Array.from({ length: 32 }, () => Math.floor(id() * 16).toString(16)).join('')
    for (const part of book.parts) part.header = { ...part.header, book: digits }
    all(book)[0]!.timeMs += 1
    return remade(book.parts)
  },
  'forged: the end called torn by a power cut': (book, witnessed, random) => {
    const kept = 1 + Math.floor(random() * (witnessed - 1))
    const parts = structuredClone(book.parts)
    keepFirst(parts, kept)
    const { header } = parts.at(-1)!
    const whole = remade(parts)
    const name = segmentName(header.segment)
    const before = whole.get(name)!
    const original = book.files.get(name)!
    const cut = { bytes: Math.max(0, original.length - before.length), segments: [] }
    parts.push({ header: { ...header, segment: header.segment + 1, cut }, entries: [] })
    const files = remade(parts)
    if (cut.bytes > 0) files.set(name, Buffer.concat([before, original.subarray(before.length)]))
    return files
  },
}

export const kinds: readonly string[] = Object.keys(attacks)

/** Tries `rounds` tamperings, the kinds in turn; each book has its own seed. */
export async function tamper(seed: number, rounds: number): Promise<Tried[]> {
  const tried: Tried[] = []
  for (let round = 0; round < rounds; round++) {
    const random = mulberry32(seed + round)
    const kind = kinds[round % kinds.length]!
    const book = await written(seed + round, random)
    const witnessed = 20 + Math.floor(random() * (book.size - 20))
    const trusted = [checkpointOf(book.parts, witnessed)]
    const honest = await findingsIn(book, book.files, trusted)
    if (honest.length > 0)
      throw new Error(`seed ${seed + round}: ${honest.join()} where all is well`)
    const files = attacks[kind]!({ ...book, parts: structuredClone(book.parts) }, witnessed, random)
    tried.push({ kind, round, found: await findingsIn(book, files, trusted) })
  }
  return tried
}

/** A book of several runs and segments, as its writer leaves it. */
async function written(seed: number, random: () => number): Promise<Book> {
  const disk = new CrashingDisk({ seed })
  const clock = quickClock()
  const limits = { segmentBytesMax: 2500 }
  const place = { folder: '/audit', process: 'writer', node: 'n1', mode: 'written' } as const
  for (let run = 0; run < 2; run++) {
    await using trail = await openTrail({ ...place, disk, clock, signer, limits })
    for (let index = 0; index < 20 + 10 * random(); index++) {
      const text = 'abcdefgh'.repeat(Math.floor(random() * 6))
      await trail.append([{ code: 'TEST_HAPPENED', detail: { index, run, text } }])
    }
  }
  const files: Files = new Map()
  for (const name of await disk.list(FOLDER))
    if (name.endsWith('.segment'))
      files.set(name, Buffer.from(await disk.read(`${FOLDER}/${name}`)))
  const parts = [...files.values()].map(partOf)
  const note = Buffer.from(await disk.read(`${FOLDER}/checkpoint`))
  return { files, parts, note, size: parts.reduce((sum, { entries }) => sum + entries.length, 0) }
}

function partOf(bytes: Buffer): Part {
  const { header, size } = decodeHeader(bytes)
  const cursor = new RecordCursor(bytes, size, header.sequence)
  const entries: Entry[] = []
  while (cursor.next() === undefined) {
    const { timeMs, durable } = cursor
    entries.push({ json: cursor.json(), timeMs, durable })
  }
  return { header, entries }
}

/** The files of these parts with every hash, frontier and link as the writer would make them. */
function remade(parts: readonly Part[]): Files {
  const files: Files = new Map()
  const tree = new MerkleTree()
  let previous: SegmentHeader['previous']
  for (const { header, entries } of parts) {
    const sequence = tree.size
    const durable = Math.min(header.durable, sequence)
    const frontier = tree.frontier()
    const head = encodeHeader({ ...header, sequence, durable, frontier, previous })
    const encoder = new RecordEncoder(head.subarray(-TRAILER_SIZE))
    for (const entry of entries) {
      const first = { ...entry, sequence: tree.size, durable: Math.min(entry.durable, tree.size) }
      const event = { code: 'TEST_HAPPENED', detail: {}, json: entry.json }
      encoder.encode([event], first, (bytes, at) => tree.append(bytes, at))
    }
    const hash = Buffer.from(encoder.hash).toString('hex')
    let body = Buffer.alloc(0)
    encoder.take((bytes) => (body = Buffer.from(bytes)))
    const bytes = Buffer.concat([head, body])
    files.set(segmentName(header.segment), bytes)
    previous = { segment: header.segment, bytes: bytes.length, hash }
  }
  const text = encodeCheckpoint({ origin: ORIGIN, size: tree.size, root: tree.root() })
  return files.set('checkpoint', Buffer.from(signNote(text, [signer])))
}

function checkpointOf(parts: readonly Part[], size: number): Checkpoint {
  const kept = structuredClone(parts) as Part[]
  keepFirst(kept, size)
  const tree = new MerkleTree()
  for (const [name, bytes] of remade(kept)) {
    if (name === 'checkpoint') continue
    const cursor = new RecordCursor(bytes, decodeHeader(bytes).size, tree.size)
    while (cursor.next() === undefined) tree.append(bytes, cursor.at - SHA256_SIZE)
  }
  return { origin: ORIGIN, size: tree.size, root: tree.root() }
}

/** Takes away all records but the first `count`, and the files that are then empty. */
function keepFirst(parts: Part[], count: number): void {
  let left = count
  for (const part of parts) {
    part.entries.splice(left)
    left -= part.entries.length
  }
  while (parts.length > 1 && parts.at(-1)?.entries.length === 0) parts.pop()
}

async function findingsIn(
  { note }: Book,
  files: Files,
  trusted: readonly Checkpoint[],
): Promise<string[]> {
  const disk = new CrashingDisk({ seed: 1 })
  disk.plant(`${FOLDER}/checkpoint`, note)
  for (const [name, bytes] of files) disk.plant(`${FOLDER}/${name}`, bytes)
  const place = { folder: '/audit', process: 'writer', disk, clock: quickClock() }
  const { findings } = await verifyBook({ ...place, trusted })
  return [...new Set(findings.map(({ code }) => code))]
}

function all({ parts }: Book): Entry[] {
  return parts.flatMap(({ entries }) => entries)
}

/** A record the witness signed for: where it stands. */
function pick(
  { files }: Book,
  witnessed: number,
  random: () => number,
): { name: string; bytes: Buffer; at: number; end: number } {
  const wanted = Math.floor(random() * witnessed)
  for (const [name, original] of files) {
    const { header, size } = decodeHeader(original)
    const cursor = new RecordCursor(original, size, header.sequence)
    for (let at = size; cursor.next() === undefined; at = cursor.at)
      if (cursor.sequence === wanted)
        return { name, bytes: Buffer.from(original), at, end: cursor.at }
  }
  throw new Error(`there is no record ${wanted}`)
}

function changed({ files }: Book, name: string, bytes: Buffer): Files {
  return new Map(files).set(name, bytes)
}

function chosen<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)]!
}
