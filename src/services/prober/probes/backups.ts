/**
 * backup.schedule, backup.encrypted: the regions, seen by somebody who holds no key.
 *
 * @module
 */
import { zstdDecompressSync } from 'node:zlib'
import type { Finding } from '#lib/claims/statement.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import type { Clock } from '#system/clock.ts'
import { finding, notReached, verdictOf, type Probe } from '../probe.ts'
import { namesIn, type RegionView } from './georedundant.ts'

/** What the backup service says of itself; the rest the probes see with their own eyes. */
export type BackupFreshness = {
  /** End of the newest full backup, milliseconds since the Unix epoch. */
  readonly fullFinishedMs: number | null
  /** The same of the newest differential backup. */
  readonly differentialFinishedMs: number | null
  /** Age of the oldest change that a region may lack; null while nobody knows. */
  readonly regions: readonly { readonly name: string; readonly lagMs: number | null }[]
}

export type BackupScheduleTarget = {
  readonly freshness: (signal: AbortSignal) => Promise<BackupFreshness>
  readonly fullAgeMaxMinutes: number
  readonly differentialAgeMaxMinutes: number
  readonly logLagMaxSeconds: number
  readonly clock: Clock
}

const MINUTE_MS = 60_000
/** Of the prober's fifteen seconds; a service that takes longer is silent. */
const ANSWER_MS = 8_000

export function backupScheduleProbe(target: BackupScheduleTarget): Probe {
  const lastWord = new LastWord(target)
  return {
    version: 3,
    measure: async (signal) => {
      const { word, silence } = await lastWord.now(signal)
      const { fullFinishedMs, differentialFinishedMs, regions } = word
      const found = [
        fullFinding(fullFinishedMs, target),
        ...differenceFinding(fullFinishedMs, differentialFinishedMs, target),
        ...regions.map(({ name, lagMs }) => {
          const limit = target.logLagMaxSeconds
          // Unknown lag is the worst lag: a region nobody heard of holds nothing for certain.
          const seconds = lagMs === null ? limit + 1 : Math.round(lagMs / 1000)
          const code = seconds > limit ? 'BACKUP_LOG_LATE' : 'BACKUP_LOG_FRESH'
          return finding(code, { region: name, seconds, limit })
        }),
      ]
      const bad = found.filter(({ code }) => /LATE|OVERDUE|MISSING/.test(code))
      if (bad.length === 0 && silence) throw silence
      return verdictOf(found, bad)
    },
  }
}

type Word = {
  readonly word: BackupFreshness
  /** Why there was no answer; the word is then the last one, grown older. */
  readonly silence?: Error
}

/**
 * A backup service that falls silent copies nothing that we know of. It proves nothing from then
 * on, and once the promised time is over since its last word, the sentence is false.
 */
class LastWord {
  readonly #target: BackupScheduleTarget
  #said: { readonly word: BackupFreshness; readonly atMs: number } | undefined

  constructor(target: BackupScheduleTarget) {
    this.#target = target
  }

  /** @throws {Error} When it never said anything, or the probe was cut off. */
  async now(signal: AbortSignal): Promise<Word> {
    const { clock, freshness } = this.#target
    try {
      const word = await answered(freshness, signal)
      this.#said = { word, atMs: clock.monotonicMs() }
      return { word }
    } catch (error) {
      const said = this.#said
      if (!said || signal.aborted) throw error
      const sinceMs = clock.monotonicMs() - said.atMs
      const regions = said.word.regions.map(({ name, lagMs }) => {
        return { name, lagMs: lagMs === null ? null : lagMs + sinceMs }
      })
      return { word: { ...said.word, regions }, silence: error as Error }
    }
  }
}

/** One that stands still never settles, whatever its signal says. */
async function answered(
  freshness: BackupScheduleTarget['freshness'],
  signal: AbortSignal,
): Promise<BackupFreshness> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
  const { promise: late, reject } = Promise.withResolvers<never>()
  const end = (): void => reject(notReached('the backup service'))
  within.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race([freshness(within), late])
  } finally {
    within.removeEventListener('abort', end)
  }
}

function fullFinding(finishedMs: number | null, target: BackupScheduleTarget): Finding {
  if (finishedMs === null) return finding('BACKUP_FULL_MISSING')
  const limit = target.fullAgeMaxMinutes
  const minutes = Math.max(0, Math.floor((target.clock.nowMs() - finishedMs) / MINUTE_MS))
  return finding(minutes > limit ? 'BACKUP_FULL_OVERDUE' : 'BACKUP_FULL_FRESH', { minutes, limit })
}

/**
 * A full backup says all that a differential would: right after one, no difference is due yet. It
 * counts for no longer than a differential one does.
 */
function differenceFinding(
  fullMs: number | null,
  differentialMs: number | null,
  target: BackupScheduleTarget,
): Finding[] {
  if (fullMs === null) return []
  const limit = target.differentialAgeMaxMinutes
  const byFull = differentialMs === null || differentialMs < fullMs
  const newestMs = byFull ? fullMs : differentialMs
  const minutes = Math.max(0, Math.floor((target.clock.nowMs() - newestMs) / MINUTE_MS))
  const fresh = byFull ? 'BACKUP_DIFFERENCE_NOT_DUE' : 'BACKUP_DIFFERENCE_FRESH'
  return [finding(minutes > limit ? 'BACKUP_DIFFERENCE_OVERDUE' : fresh, { minutes, limit })]
}

export type EncryptedTarget = {
  readonly regions: readonly RegionView[]
  /** A text that stands in the protected database, so that it must not be readable in a backup. */
  readonly canary: string
  /** Draws whole numbers from 0 to below its argument. */
  readonly random: (below: number) => number
  /**
   * Tries to open a whole object with a wrong key, and to pass it off with one bit flipped.
   *
   * @returns Which of them went through, in words; undefined when none did.
   */
  readonly attack: (object: string, bytes: Uint8Array) => Promise<string | undefined>
  readonly everySeconds?: number
}

const SAMPLES = 6
const DRAWS_MAX = 20
const SAMPLE_BYTES = 1024 * 1024
/** What is new is looked at whole in number, and at its beginning: as much as tells its spread. */
const FRESH_MAX = 64
const FRESH_BYTES = 64 * 1024
const MAGIC = Buffer.from('VEILIG\r\n', 'latin1')
/** Bytes before the fields of an object, docs/formats/repository.md §3; then each chunk's head. */
const PREAMBLE_SIZE = 16
const FIELDS_SIZE_AT = 12
const CHUNK_HEAD_SIZE = 4
/** Below this a byte count says nothing about their spread. */
const SPREAD_BYTES_MIN = 16_384
/** Chi-square of 255 degrees of freedom: chance beyond it is about 1 in 10 million. */
const CHI_SQUARE_MAX = 390

export function encryptedProbe(target: EncryptedTarget): Probe {
  const { regions, everySeconds = 0 } = target
  const draw = new Draw(target.random)
  return {
    version: 3,
    everySeconds,
    measure: async (signal) => {
      const sealed = await sealedObjects(regions)
      if (sealed.length === 0) return { outcome: 'unmeasured', findings: nothing }
      const bad: Finding[] = []
      let objects = 0
      for (const { chosen, size } of draw.from(sealed)) {
        signal.throwIfAborted()
        const why = await readable(chosen, size, target.canary)
        if (why === 'gone') continue
        objects++
        if (why === undefined) continue
        bad.push(finding('BACKUP_SAMPLE_READABLE', { object: chosen.object, why }))
        draw.suspect(chosen)
      }
      if (bad.length === 0) bad.push(...(await attackOne(sealed, target)))
      const good = [
        finding('BACKUP_SAMPLE_SEALED', { objects }),
        finding('BACKUP_SAMPLE_TAMPER_NOTICED'),
      ]
      return verdictOf(good, bad)
    },
  }
}

/**
 * Which objects are looked at: some of all, large pieces; all that are new since the last time,
 * their beginnings; and what was readable before, until it is gone: no luck makes it good.
 */
class Draw {
  readonly #random: EncryptedTarget['random']
  #known: ReadonlySet<string> | undefined
  #suspects: ReadonlySet<string> = new Set()

  constructor(random: EncryptedTarget['random']) {
    this.#random = random
  }

  from(sealed: readonly Sealed[]): readonly { readonly chosen: Sealed; readonly size: number }[] {
    const [known, suspects] = [this.#known, this.#suspects]
    this.#known = new Set(sealed.map(nameOf))
    this.#suspects = new Set()
    const again = sealed.filter((one) => suspects.has(nameOf(one)))
    const fresh = known ? sealed.filter((one) => !known.has(nameOf(one))) : []
    const some = Array.from({ length: Math.min(SAMPLES, sealed.length) }, () => {
      return sealed[this.#random(sealed.length)]
    }).filter((one) => one !== undefined)
    return [
      ...again.slice(0, FRESH_MAX).map((chosen) => ({ chosen, size: SAMPLE_BYTES })),
      ...fresh.slice(0, FRESH_MAX).map((chosen) => ({ chosen, size: FRESH_BYTES })),
      ...some.map((chosen) => ({ chosen, size: SAMPLE_BYTES })),
    ]
  }

  suspect(one: Sealed): void {
    this.#suspects = new Set([...this.#suspects, nameOf(one)])
  }
}

function nameOf({ region, object }: Sealed): string {
  return `${region} ${object}`
}

/** Parts of the log are joined, and backups end: what went since the listing is no finding. */
async function readable(
  { store, object }: Sealed,
  size: number,
  canary: string,
): Promise<string | undefined> {
  try {
    return readableWhy(Buffer.from(await store.getRange(object, 0, size)), canary)
  } catch (error) {
    if (error instanceof IntegrityError && error.code === 'OBJECT_MISSING') return 'gone'
    throw error
  }
}

const nothing = [finding('BACKUP_FULL_MISSING')]

type Sealed = { readonly region: string; readonly store: ObjectStore; readonly object: string }

/** An object of a backup that is still being written is in no catalogue: then another is drawn. */
async function attackOne(
  sealed: readonly Sealed[],
  { random, attack }: EncryptedTarget,
): Promise<Finding[]> {
  for (let draw = 1; ; draw++) {
    const victim = sealed[random(sealed.length)]
    if (!victim) return []
    const { object, store } = victim
    try {
      const why = await attack(object, await store.get(object))
      return why === undefined ? [] : [finding('BACKUP_SAMPLE_OPENED', { object, why })]
    } catch (error) {
      const passed = error instanceof IntegrityError && /UNKNOWN|MISSING/.test(error.code)
      if (!passed || draw === DRAWS_MAX) throw error
    }
  }
}

async function sealedObjects(regions: readonly RegionView[]): Promise<Sealed[]> {
  const found = await Promise.all(
    regions.map(async (region) =>
      (await namesThere(region))
        .filter((name) => /^(backups|wal)\//.test(name))
        .map((object) => ({ region: region.name, store: region.store, object })),
    ),
  )
  return found.flat()
}

/** Of a region that is away and may be: none. @throws {FaultError} Of one that may not. */
async function namesThere(region: RegionView): Promise<string[]> {
  try {
    return await namesIn(region)
  } catch (error) {
    if (region.required === false && error instanceof FaultError) return []
    throw error
  }
}

/** Why an object can be read without a key, or undefined. */
export function readableWhy(bytes: Buffer, canary: string): string | undefined {
  if (bytes.includes(canary)) return 'canary'
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return 'unknown form'
  const body = PREAMBLE_SIZE + bytes.readUInt32BE(FIELDS_SIZE_AT) + CHUNK_HEAD_SIZE
  const sealed = bytes.subarray(body)
  if (opensAsZstd(sealed)) return 'zstd'
  if (sealed.length >= SPREAD_BYTES_MIN && chiSquare(sealed) > CHI_SQUARE_MAX) return 'spread'
  return undefined
}

const ZSTD_MAGIC = Buffer.from('28b52ffd', 'hex')

/** Compressed bytes look random too; but whoever can decompress them needs no key. */
function opensAsZstd(bytes: Buffer): boolean {
  if (!bytes.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC)) return false
  try {
    zstdDecompressSync(bytes)
    return true
  } catch (error) {
    // A frame cut at the end of the sample still is one: only wrong bytes are not.
    return !/corrupt|unknown|prefix/i.test(String(error))
  }
}

/** How far the counts of the byte values are from even. */
function chiSquare(bytes: Buffer): number {
  const counts = new Float64Array(256)
  for (const byte of bytes) counts[byte]!++
  const even = bytes.length / counts.length
  return counts.reduce((sum, count) => sum + (count - even) ** 2 / even, 0)
}
