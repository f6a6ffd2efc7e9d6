/**
 * Authenticates every object of every region, and names all that is wrong.
 *
 * Needs no secret: signatures, digests of the catalogue and links of the log are enough to know
 * that every byte is what was stored, and that nothing is missing. With a verifier key the
 * contents are opened too.
 *
 * @module
 */
import { equalBytes, toHex } from '#lib/byte-fields.ts'
import { FaultError, IntegrityError, VeiligError } from '#lib/errors.ts'
import { parseKeyObject } from './data-key.ts'
import { parseEntry } from './entries.ts'
import {
  BACKUPS_FOLDER,
  CATALOGUE_FOLDER,
  keyIdOf,
  KEYS_FOLDER,
  manifestName,
  parseWalName,
  RECEIPTS_FOLDER,
  ROOT_NAME,
  ROOTS_FOLDER,
  WAL_FOLDER,
  walName,
} from './names.ts'
import { sha256, type ObjectKind } from './object-frame.ts'
import { findingOf, type Finding, type RepositoryReader } from './open-reader.ts'
import { openSealed } from './sealing.ts'
import { checkObject } from './synchronise.ts'
import { LogCheck, type LogHole } from './verify-log.ts'
import { listWal, wholeLog, WholeLog } from './wal-listing.ts'
import { parseWalPart, type ReadWalPart } from './wal-part.ts'

export type VerifyReport = {
  readonly objects: number
  readonly bytes: number
  /** Everything wrong, by region. Empty when all is as it was stored. */
  readonly findings: readonly Finding[]
  /** Names in no backup of the catalogue: left over from what was broken off. Harmless. */
  readonly leftOvers: readonly string[]
  /** Optional regions that did not answer: nothing is known of them. */
  readonly silent: readonly string[]
}

export type VerifyOptions = {
  /** Opens contents as well; the reader then needs an identity. */
  readonly contents?: boolean
  /** Regions that may be away: then they are silent, and nothing is wrong. */
  readonly optional?: ReadonlySet<string>
  readonly progress?: (region: string, bytes: number) => void
  readonly signal?: AbortSignal
}

/** @throws Nothing but a bug, or the signal's reason: what is wrong is in the report. */
export async function verifyRepository(
  reader: RepositoryReader,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const checks: RegionCheck[] = []
  for (const region of reader.regions) {
    const check = new RegionCheck(reader, region, options)
    await check.run()
    checks.push(check)
  }
  const everywhere = new Set(checks.flatMap(({ seen }) => [...seen]))
  for (const check of checks) if (check.listed) await check.compare(everywhere)
  return {
    objects: checks.reduce((sum, { seen }) => sum + seen.size, 0),
    bytes: checks.reduce((sum, { bytes }) => sum + bytes, 0),
    findings: checks.flatMap(({ findings }) => findings),
    leftOvers: checks.flatMap(({ leftOvers }) => leftOvers),
    silent: checks.flatMap(({ silent }) => silent),
  }
}

class RegionCheck {
  readonly findings: Finding[] = []
  readonly leftOvers: string[] = []
  readonly silent: string[] = []
  /** Objects that ought to be in every region. */
  readonly seen = new Set<string>()
  bytes = 0
  listed = false
  readonly #reader: RepositoryReader
  readonly #region: RepositoryReader['regions'][number]
  readonly #options: VerifyOptions
  readonly #log: LogCheck
  readonly #wholes = new WholeLog()
  /** Listed, and gone when it was to be read. */
  readonly #vanished: string[] = []
  readonly #keys = new Set<string>()
  /** Key id → an object that needs it, where the key was not seen. */
  readonly #keysWanted = new Map<string, string>()
  /** Whether the catalogue has grown since the reader was opened. */
  #newer = false

  constructor(
    reader: RepositoryReader,
    region: RepositoryReader['regions'][number],
    options: VerifyOptions,
  ) {
    this.#reader = reader
    this.#region = region
    this.#options = options
    this.#log = new LogCheck(reader.chain.state)
  }

  async run(): Promise<void> {
    try {
      for await (const { name } of this.#region.store.list('')) {
        this.#options.signal?.throwIfAborted()
        await this.#guard(name, () => this.#check(name))
      }
      for (const name of this.#vanished) {
        if (!(await this.#isReplaced(name))) this.#missing(name)
      }
      for (const hole of this.#log.holes) {
        await this.#guard(hole.behind[0] ?? WAL_FOLDER, () => this.#checkHole(hole))
      }
      this.#checkExpected()
      this.#checkMarks()
      await this.#checkKeys()
      this.listed = true
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      const { name } = this.#region
      if (this.#options.optional?.has(name)) this.silent.push(name)
      else this.#note('', error)
    }
  }

  /** What another region has, this must have: by now at least, for a backup may be writing. */
  async compare(everywhere: ReadonlySet<string>): Promise<void> {
    for (const name of everywhere) {
      const known = this.seen.has(name) || this.findings.some(({ object }) => object === name)
      if (known || (await this.#region.store.head(name)) || (await this.#isReplaced(name))) continue
      this.#missing(name)
    }
  }

  /** Whether it is gone because it was made one with others while we read. */
  async #isReplaced(name: string): Promise<boolean> {
    if (this.#wholes.covers(name)) return true
    const part = parseWalName(name)
    return part !== undefined && (await wholeLog(this.#region.store, part)).covers(name)
  }

  async #check(name: string): Promise<void> {
    const [folder = ''] = name.split('/')
    if (folder === RECEIPTS_FOLDER) return // signed by the drill's key, not by ours
    const known = [
      ROOT_NAME,
      ROOTS_FOLDER,
      CATALOGUE_FOLDER,
      KEYS_FOLDER,
      BACKUPS_FOLDER,
      WAL_FOLDER,
    ]
    if (!known.includes(folder) || (folder === BACKUPS_FOLDER && !this.#reader.proofs.has(name))) {
      this.leftOvers.push(name)
      return
    }
    const bytes = await this.#region.store.get(name)
    this.bytes += bytes.length
    this.#options.progress?.(this.#region.name, bytes.length)
    if (name === ROOT_NAME) this.#checkRoot(bytes)
    else if (folder === CATALOGUE_FOLDER) this.#checkEntry(name, bytes)
    else checkObject(this.#reader.root, this.#reader.proofs, name, bytes)
    if (folder === KEYS_FOLDER) this.#keys.add(toHex(parseKeyObject(name, bytes).header.keyId))
    if (folder === WAL_FOLDER) {
      const part = parseWalPart(name, bytes)
      this.seen.add(name) // it is sound, wherever it stands
      this.#checkPart(part)
    }
    if (folder === BACKUPS_FOLDER) await this.#open(name, bytes, ['pack', 'manifest'])
    if (folder === WAL_FOLDER) await this.#open(name, bytes, ['wal', 'wal-whole'])
    this.seen.add(name)
  }

  #checkRoot(bytes: Uint8Array): void {
    if (equalBytes(bytes, this.#reader.root.bytes)) return
    throw new IntegrityError('OBJECT_FORGED', 'root is not the root of this repository')
  }

  #checkEntry(name: string, bytes: Uint8Array): void {
    this.#reader.root.checkSignature(name, bytes)
    const { sequence } = parseEntry(name, bytes)
    if (sequence >= this.#reader.chain.length) {
      this.#newer = true // written since the reader was opened
      return
    }
    if (this.#reader.chain.isFolded(sequence)) {
      this.leftOvers.push(name)
      return
    }
    const digest = this.#reader.chain.digestOf(sequence)
    if (digest && equalBytes(digest, sha256(bytes))) return
    throw new IntegrityError('CATALOGUE_FORKED', `${name} is not the entry of the other regions`)
  }

  #checkPart(part: ReadWalPart): void {
    if (!this.#log.knows(part) && this.#newer) return
    if (this.#log.isGivenUp(part)) return
    const keyId = toHex(part.keyId)
    if (!this.#keys.has(keyId)) this.#keysWanted.set(keyId, part.name)
    this.#log.take(part)
    const named = parseWalName(part.name)
    if (named) this.#wholes.add(named)
  }

  async #open(name: string, bytes: Uint8Array, kinds: readonly ObjectKind[]): Promise<void> {
    if (!this.#options.contents) return
    const { root, dataKeys } = this.#reader
    let size = 0n
    for await (const chunk of openSealed(name, bytes, kinds, root.repositoryId, dataKeys)) {
      size += BigInt(chunk.length)
    }
    const wal = parseWalName(name)
    if (!wal || size === wal.endLsn - wal.startLsn) return
    throw new IntegrityError('OBJECT_DAMAGED', `${name} holds ${size} bytes of log`)
  }

  /** What the catalogue names must be there. */
  #checkExpected(): void {
    const { chain, proofs } = this.#reader
    const expected = [ROOT_NAME, ...proofs.keys(), ...chain.names()]
    for (const name of expected) {
      const known = this.seen.has(name) || this.findings.some(({ object }) => object === name)
      if (!known) this.#missing(name)
    }
    for (const { id, key } of chain.state.backups) {
      if (!this.#keys.has(key)) this.#keysWanted.set(key, manifestName(id))
    }
  }

  /** Looks again for keys that were missed: they may be younger than the first look. */
  async #checkKeys(): Promise<void> {
    if (this.#keysWanted.size === 0) return
    for await (const { name } of this.#region.store.list(KEYS_FOLDER)) {
      this.#keysWanted.delete(keyIdOf(name))
    }
    for (const [key, neededBy] of this.#keysWanted) {
      const message = `the data key ${key} is not there; ${neededBy} cannot be opened without it`
      this.#note(neededBy, new IntegrityError('KEY_MISSING', message))
    }
  }

  /** Looks once more at a place where something of the log was not listed. */
  async #checkHole(hole: LogHole): Promise<void> {
    if (await this.#isFilled(hole)) return
    const missing = this.#log.judge(hole)
    if (missing) throw missing
    for (const name of hole.behind) if (this.seen.delete(name)) this.leftOvers.push(name)
  }

  async #isFilled({ run, timeline, fromLsn, fromLink, toLsn, toLink }: LogHole): Promise<boolean> {
    const { store } = this.#region
    let [atLsn, link] = [fromLsn, fromLink]
    for (const segmentLsn of this.#log.segmentsOf({ fromLsn, toLsn })) {
      const beforeLsn = atLsn
      for await (const part of listWal(store, { timeline, segmentLsn })) {
        const around = part.whole && part.startLsn <= atLsn && part.endLsn > atLsn
        if (part.run !== run || (part.startLsn !== atLsn && !around)) continue
        const name = walName(part)
        const bytes = await store.get(name)
        checkObject(this.#reader.root, this.#reader.proofs, name, bytes)
        const read = parseWalPart(name, bytes)
        const follows = !link || part.startLsn < atLsn || equalBytes(link, read.previousLink)
        if (!follows) return false
        atLsn = part.endLsn
        link = read.link
        if (atLsn >= toLsn) return atLsn > toLsn || equalBytes(link, toLink)
      }
      if (atLsn === beforeLsn) return false
    }
    return false
  }

  #checkMarks(): void {
    for (const error of this.#log.missing()) this.#note(WAL_FOLDER, error)
  }

  #missing(name: string): void {
    const where = this.#region.name
    this.#note(name, new IntegrityError('OBJECT_MISSING', `${name} is not in region ${where}`))
  }

  async #guard(name: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
      const away = error instanceof FaultError && this.#options.optional?.has(this.#region.name)
      if (away) throw error
      if (error.code === 'OBJECT_MISSING') this.#vanished.push(name)
      else this.#note(name, error)
    }
  }

  #note(object: string, error: VeiligError): void {
    this.findings.push(findingOf(this.#region.name, object, error))
  }
}
