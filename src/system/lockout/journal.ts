/**
 * Counts of failed logins that outlive the process: a killed gateway forgets no guess.
 *
 * Every admission is a line in a journal, handed to the operating system before the attempt goes
 * on; so is what takes one back. Now and then a new generation begins: a journal for what comes,
 * and a snapshot of what was. Only a whole snapshot makes the generation before it superfluous, so
 * there is no moment at which a kill loses anything. A power cut may lose the last second.
 *
 * Files: `N.journal`, lines of JSON; `N.snapshot`, records as lines, written whole or not at all.
 *
 * @module
 */
import { join } from 'node:path'
import { FaultError } from '#lib/errors.ts'
import {
  Lockout,
  type LockoutRecord,
  type LoginAttempt,
  type LoginLimits,
  type Outcome,
  type Ticket,
} from '#lib/lockout/lockout.ts'
import type { LockoutPolicy } from '#lib/lockout/policy.ts'
import type { AppendFile, Disk } from '../disk.ts'

export type JournalOptions = {
  readonly disk: Disk
  /** Of this door and this process alone. */
  readonly folder: string
  /** The clock on the wall: what was counted must mean the same after a restart. */
  readonly nowMs: () => number
  readonly policy?: LockoutPolicy | undefined
  /** The disk refuses; counting goes on in memory. */
  readonly onFault: (error: Error) => void
  /** Bytes of journal before a new generation begins. */
  readonly journalMax?: number | undefined
}

const JOURNAL_MAX = 4 * 1024 * 1024
const SYNC_MS = 1_000
/** A record of a hundred attempts is 1.6 KB. */
const LINE_MAX = 16 * 1024

type Line =
  | { readonly is: 'begun'; readonly attempt: LoginAttempt; readonly atMs: number }
  | {
      readonly is: 'settled'
      readonly attempt: LoginAttempt
      readonly admittedMs: number
      readonly outcome: Outcome
      readonly atMs: number
    }

/** Reads what there is, and goes on from there. Never throws: a broken disk is told, not obeyed. */
export async function openLoginJournal(
  options: JournalOptions,
): Promise<LoginLimits & AsyncDisposable> {
  const journal = new LoginJournal(options)
  await journal.load()
  return journal
}

class LoginJournal implements LoginLimits, AsyncDisposable {
  readonly #options: JournalOptions
  readonly #lockout: Lockout
  readonly #timer: NodeJS.Timeout
  #file: AppendFile | undefined
  #generation = 0
  #size = 0
  #sizeMax: number
  #latestMs = 0
  #dirty = false
  #busy: Promise<void> = Promise.resolve()

  constructor(options: JournalOptions) {
    this.#options = options
    this.#lockout = new Lockout(options.policy)
    this.#sizeMax = options.journalMax ?? JOURNAL_MAX
    this.#timer = setInterval(() => this.#sync(), SYNC_MS)
    this.#timer.unref()
  }

  begin(attempt: LoginAttempt): ReturnType<Lockout['begin']> {
    const atMs = this.#now()
    const admission = this.#lockout.begin(attempt, atMs)
    if (admission.admitted) this.#write({ is: 'begun', attempt, atMs })
    return admission
  }

  settle(ticket: Ticket, outcome: Outcome): ReturnType<Lockout['settle']> {
    const atMs = this.#now()
    const { attempt, admittedMs } = ticket
    // A failure is what the journal says already.
    if (outcome === 'right' || outcome === 'not-evaluated') {
      this.#write({ is: 'settled', attempt, admittedMs, outcome, atMs })
    }
    return this.#lockout.settle(ticket, outcome, atMs)
  }

  async load(): Promise<void> {
    await this.#guarded(async () => {
      const { disk, folder } = this.#options
      const generations = (name: RegExp, names: readonly string[]): number[] =>
        names.flatMap((each) => {
          const number = name.exec(each)?.[1]
          return number === undefined ? [] : [Number(number)]
        })
      const names = await disk.list(folder)
      const snapshots = generations(/^(\d+)\.snapshot$/, names)
      const base = Math.max(0, ...snapshots)
      const journals = generations(/^(\d+)\.journal$/, names).sort((one, other) => one - other)
      if (snapshots.length > 0) await this.#replay(`${base}.snapshot`)
      for (const number of journals) if (number >= base) await this.#replay(`${number}.journal`)
      this.#generation = Math.max(base, ...journals, 0)
    })
    await this.#renew()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#busy
    await this.#guarded(async () => this.#file?.sync())
    this.#file?.[Symbol.dispose]()
    this.#file = undefined
  }

  /** The wall's clock may be set back; what is counted must not run backwards. */
  #now(): number {
    this.#latestMs = Math.max(this.#latestMs, this.#options.nowMs())
    return this.#latestMs
  }

  #write(line: Line): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
    try {
      this.#file?.append(bytes)
    } catch (error) {
      return this.#options.onFault(error as Error)
    }
    this.#dirty = true
    this.#size += bytes.length
    if (this.#size < this.#sizeMax) return
    this.#size = 0
    this.#busy = this.#busy.then(() => this.#renew())
  }

  #sync(): void {
    if (!this.#dirty) return
    this.#dirty = false
    void this.#guarded(async () => this.#file?.sync())
  }

  /** Begins a generation: its journal first, so that every moment is in one of them. */
  async #renew(): Promise<void> {
    await this.#guarded(async () => {
      const { disk, folder, nowMs } = this.#options
      const old = this.#generation
      const next = old + 1
      const file = disk.openAppend(join(folder, `${next}.journal`))
      const records = [...this.#lockout.records(nowMs())]
      this.#file?.[Symbol.dispose]()
      this.#file = file
      this.#generation = next
      const text = records.map((record) => `${JSON.stringify(record)}\n`).join('')
      await disk.replace(join(folder, `${next}.snapshot`), Buffer.from(text))
      for (const name of await disk.list(folder)) {
        if (Number.parseInt(name, 10) < next) await disk.remove(join(folder, name))
      }
    })
  }

  async #replay(name: string): Promise<void> {
    const { disk, folder } = this.#options
    const text = Buffer.from(await disk.read(join(folder, name))).toString('utf8')
    const lines = text.split('\n')
    lines.pop() // empty, or cut in the middle of a write: its attempt never went on
    for (const line of lines) {
      if (line.length > LINE_MAX) continue
      try {
        this.#apply(JSON.parse(line) as Line | LockoutRecord)
      } catch (cause) {
        const message = `a line of ${name} in ${folder} is none of ours, and is passed over`
        this.#options.onFault(new FaultError('LOCKOUT_JOURNAL_BROKEN', message, { cause }))
      }
    }
  }

  #apply(line: Line | LockoutRecord): void {
    if ('kind' in line) return this.#lockout.restore(line, this.#now())
    // A clock set back since then: what is in the future counts as now.
    const atMs = Math.min(line.atMs, this.#now())
    const { attempt } = line
    if (line.is === 'begun') this.#lockout.begin(attempt, atMs)
    else {
      const admittedMs = Math.min(line.admittedMs, atMs)
      this.#lockout.settle({ attempt, admittedMs }, line.outcome, atMs)
    }
  }

  async #guarded(act: () => Promise<void> | undefined): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#options.onFault(error as Error)
    }
  }
}
