/**
 * Looks in public logs for certificates of our names that no gateway of ours ever showed: whoever
 * has one can pretend to be us.
 *
 * What was shown is remembered by serial number, so that a renewal is no stranger; gateways that
 * share a certificate by ACME share it here too, as each shows it. What was told is remembered, so
 * that it is told once. Certificates from before the first look are told as well: nobody but the
 * operator can know whose they are.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import type { LoggedCertificate } from './logged.ts'
import { plainSerial, readLogged, strangers } from './logged.ts'
import type { LogNews, LogState } from './tile-log.ts'

/** What must outlive the process. */
export type IssuanceMemory = {
  readonly shown: readonly string[]
  readonly told: readonly string[]
  /** Name → where the source goes on, when it answers page by page. */
  readonly after?: Readonly<Record<string, string>> | undefined
  /** Address of a log → how far it was read. */
  readonly logs?: Readonly<Record<string, LogState>> | undefined
}

export const issuanceMemory: z.ZodType<IssuanceMemory> = z.object({
  shown: z.array(z.string()),
  told: z.array(z.string()),
  after: z.record(z.string(), z.string()).optional(),
  logs: z
    .record(z.string(), z.object({ size: z.int().min(0), hashes: z.array(z.string()) }))
    .optional(),
})

export type IssuanceWatchPorts = {
  /**
   * The source's answer for one name.
   *
   * @param after Only what came after this one.
   * @throws {FaultError} When there is none.
   */
  readonly ask?: ((name: string, after: string | undefined) => Promise<string>) | undefined
  /** Address of a log → what it has got since. */
  readonly logs?: ReadonlyMap<string, (since: LogState | undefined) => Promise<LogNews>> | undefined
  readonly load: () => Promise<IssuanceMemory | undefined>
  readonly store: (memory: IssuanceMemory) => Promise<void>
  readonly onStranger: (certificate: LoggedCertificate) => void
  readonly wallClockMs: () => number
}

/** Serial numbers remembered of each kind; the oldest are forgotten first. */
const REMEMBERED_MAX = 10_000
/** Told in one look; the others in the next ones. */
const TOLD_MAX = 50
/** Asked for in one look and of one name; the others in the next ones. */
const PAGES_MAX = 10

export class IssuanceWatch {
  readonly #names: readonly string[]
  readonly #ports: IssuanceWatchPorts
  #shown = new Set<string>()
  #told = new Set<string>()
  #after = new Map<string, string>()
  #logs = new Map<string, LogState>()

  constructor(names: readonly string[], ports: IssuanceWatchPorts) {
    this.#names = names
    this.#ports = ports
  }

  /**
   * Asks for every name and looks at every log, and tells of what is new. What fails keeps nothing
   * else from being looked at.
   *
   * @param shownPem The certificates that are shown now.
   * @returns Whether there is no more to be had now.
   * @throws {FaultError} HTTP_CALL_FAILED, CT_SOURCE_UNREADABLE; what was found is told.
   * @throws {VeiligError} What `readTileLog` throws.
   */
  async look(shownPem: readonly string[]): Promise<boolean> {
    const kept = await this.#ports.load()
    for (const serial of kept?.shown ?? []) this.#shown.add(serial)
    for (const serial of kept?.told ?? []) this.#told.add(serial)
    for (const pem of shownPem) this.#shown.add(plainSerial(new X509Certificate(pem).serialNumber))
    for (const [name, after] of Object.entries(kept?.after ?? {})) this.#after.set(name, after)
    for (const [url, state] of Object.entries(kept?.logs ?? {})) this.#logs.set(url, state)
    const { ask, logs = [] } = this.#ports
    const looks = [
      ...(ask ? this.#names.map((name) => () => this.#lookFor(name, ask)) : []),
      ...[...logs].map(
        ([url, read]) =>
          () =>
            this.#readLog(url, read),
      ),
    ]
    let isWhole = true
    const failures: unknown[] = []
    for (const each of looks) {
      try {
        isWhole = (await each()) && isWhole
      } catch (error) {
        failures.push(error)
      }
    }
    await this.#ports.store({
      shown: newest(this.#shown),
      told: newest(this.#told),
      after: Object.fromEntries(this.#after),
      logs: Object.fromEntries(this.#logs),
    })
    if (failures.length > 0) throw failures[0]
    return isWhole
  }

  async #lookFor(
    name: string,
    ask: (name: string, after: string | undefined) => Promise<string>,
  ): Promise<boolean> {
    for (let page = 0; page < PAGES_MAX; page++) {
      const before = this.#after.get(name)
      const { certificates, after } = readLogged(await ask(name, before))
      // What could not all be told is asked for again.
      if (!this.#tell(certificates) || after === undefined || after === before) return true
      this.#after.set(name, after)
    }
    return true
  }

  async #readLog(
    url: string,
    read: (since: LogState | undefined) => Promise<LogNews>,
  ): Promise<boolean> {
    const { certificates, state, isWhole } = await read(this.#logs.get(url))
    if (!this.#tell(certificates)) return false
    this.#logs.set(url, state)
    return isWhole
  }

  /** @returns Whether all of it was told. */
  #tell(logged: readonly LoggedCertificate[]): boolean {
    const known = new Set([...this.#shown, ...this.#told])
    const found = strangers(logged, known, this.#ports.wallClockMs())
    for (const certificate of found.slice(0, TOLD_MAX)) {
      this.#told.add(certificate.serial)
      this.#ports.onStranger(certificate)
    }
    return found.length <= TOLD_MAX
  }
}

function newest(serials: ReadonlySet<string>): string[] {
  return [...serials].slice(-REMEMBERED_MAX)
}
