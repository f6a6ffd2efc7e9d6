/**
 * Follows every book, signs each second for what it has, and asks the witnesses to sign too.
 *
 * @module
 */
import { listBooks } from '#audit/book-files.ts'
import { noteVerifier } from '#crypto/signed-note.ts'
import { IntegrityError } from '#lib/errors.ts'
import type { RunningService } from '#system/service.ts'
import { followHeirs } from '#system/successive-key.ts'
import type { SealConfig } from './config.ts'
import type { CopyPorts, SealPorts } from './ports.ts'
import { RegionCopy } from './region-copy.ts'
import { SealKey } from './seal-key.ts'
import { SealedBook } from './sealed-book.ts'
import type { LinkState } from './witness-link.ts'

/** A region that does not answer is not waited for longer at a stop. */
const STOP_MS = 5_000

/** @throws {FaultError} DISK_…. {IntegrityError} NOTE_KEY_INVALID for a witness's key. */
export async function serveSeal(config: SealConfig, ports: SealPorts): Promise<RunningService> {
  for (const { key } of config.witnesses) noteVerifier(key)
  const key = new SealKey(config.witnesses, ports)
  await key.publish()
  const heirs = followHeirs(ports.key, ports.clock, (heir) => key.takeOver(heir))
  const stop = new AbortController()
  const office = new SealOffice(config, ports, (process) => {
    return new SealedBook(process, () => key.signer, config, ports)
  })
  const copies = copiesOf(config, ports, () => key.signer.verifierKey)
  const running = Promise.all([
    ...[office, ...copies].map((part) => part.run(stop.signal)),
    packing(config, ports, stop.signal),
  ])
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined) // whoever waits for it hears of it
  running.catch(fail)
  heirs.failed.catch(fail)
  return {
    failed,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await heirs[Symbol.asyncDispose]()
      const ended = new AbortController()
      const patience = ports.clock.sleep(STOP_MS, ended.signal).catch(() => undefined)
      await Promise.race([running.catch(() => undefined), patience])
      ended.abort() // and leave no timer behind
    },
  }
}

function copiesOf(config: SealConfig, ports: SealPorts, sealKey: CopyPorts['sealKey']) {
  const { copies } = ports
  if (!copies || !config.copies.on) return []
  const { recipients, random } = copies
  return copies.regions.map(
    ({ name, store }) =>
      new RegionCopy(name, store, config.copies, { ...ports, recipients, random, sealKey }),
  )
}

/** Has closed segments packed now and then: what cannot be, is asked from its segment. */
async function packing(
  { packEveryMs }: SealConfig,
  { pack, clock, complain }: SealPorts,
  signal: AbortSignal,
): Promise<void> {
  if (!pack || packEveryMs === 0) return
  while (!signal.aborted) {
    await clock.sleep(packEveryMs, signal).catch(() => undefined)
    if (signal.aborted) return
    try {
      await pack(signal)
    } catch (error) {
      if (!signal.aborted) complain('SEAL_NOT_PACKED', (error as Error).message)
    }
  }
}

class SealOffice {
  readonly #config: SealConfig
  readonly #ports: SealPorts
  readonly #open: (process: string) => SealedBook
  readonly #books = new Map<string, SealedBook>()
  /** Books that are not what was signed for: nothing more is signed of them. */
  readonly #broken = new Set<string>()
  /** What was told last of each witness. */
  readonly #told = new Map<string, LinkState>()

  constructor(config: SealConfig, ports: SealPorts, open: (process: string) => SealedBook) {
    this.#config = config
    this.#ports = ports
    this.#open = open
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports
    while (!signal.aborted) {
      const dueMs = clock.monotonicMs() + this.#config.intervalMs
      await this.#round(signal)
      const restMs = Math.max(10, dueMs - clock.monotonicMs())
      await clock.sleep(restMs, signal).catch(() => undefined)
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { audit, disk } = this.#ports
    const names = await listBooks(audit, disk)
    for (const process of [...this.#books.keys()].filter((known) => !names.includes(known)))
      await this.#tellBroken(process, 'SEAL_BOOK_TRUNCATED', `the book of ${process} is gone`)
    const whole = names.filter((name) => !this.#broken.has(name))
    for (const process of whole)
      if (!this.#books.has(process)) this.#books.set(process, this.#open(process))
    await Promise.all([...this.#books.values()].map((book) => this.#advance(book, signal)))
  }

  async #advance(book: SealedBook, signal: AbortSignal): Promise<void> {
    try {
      await book.advance(signal)
      for (const { address, state, reason } of book.links)
        await this.#tellWitness(book.process, address.url, state, reason)
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error
      await this.#tellBroken(book.process, error.code, error.message)
    }
  }

  async #tellBroken(process: string, code: string, message: string): Promise<void> {
    if (this.#broken.has(process)) return
    this.#broken.add(process)
    this.#books.delete(process)
    this.#ports.complain(code, message)
    const detail = { process, reason: code }
    await this.#ports.trail.append([{ code: 'SEAL_BROKEN', detail }])
  }

  /** A witness that changes its mind about a book is told of once each time. */
  async #tellWitness(
    process: string,
    url: string,
    state: LinkState,
    reason: string,
  ): Promise<void> {
    const key = `${process} ${url}`
    const before = this.#told.get(key) ?? 'new'
    if (state === before || state === 'new') return
    this.#told.set(key, state)
    if (state === 'signed' && before === 'new') return
    if (state !== 'signed') this.#ports.complain('SEAL_NOT_WITNESSED', `${url}: ${reason}`)
    const detail = { process, witness: url, state, reason }
    await this.#ports.trail.append([{ code: 'SEAL_WITNESS', detail }])
  }
}
