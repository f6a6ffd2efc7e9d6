/**
 * Keeps the newest mails as files, so that a restart forgets nothing a visitor may look for.
 *
 * @module
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeptMail } from './letter.ts'

const KEPT_MAX = 200

export class MailboxStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Whole or not at all: the name appears once the file is complete. */
  async keep(mail: Omit<KeptMail, 'id'>): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    // Names sort by time: 15 digits of milliseconds last until the year 33658.
    const id = `${String(mail.receivedMs).padStart(15, '0')}-${randomUUID().slice(0, 8)}`
    const path = join(this.#folder, `${id}.json`)
    await writeFile(`${path}.part`, JSON.stringify({ ...mail, id }), { mode: 0o600, flush: true })
    await rename(`${path}.part`, path)
    const old = (await this.#names()).slice(KEPT_MAX)
    await Promise.all(old.map((name) => rm(join(this.#folder, name), { force: true })))
  }

  /** Newest first. */
  async list(max: number): Promise<readonly KeptMail[]> {
    const names = (await this.#names()).slice(0, max)
    const mails = await Promise.all(names.map((name) => this.#read(name)))
    return mails.filter((mail) => mail !== undefined)
  }

  async get(id: string): Promise<KeptMail | undefined> {
    return /^[\da-f-]{10,40}$/.test(id) ? this.#read(`${id}.json`) : undefined
  }

  async #names(): Promise<readonly string[]> {
    const names = await readdir(this.#folder).catch(() => [])
    return names
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .toReversed()
  }

  async #read(name: string): Promise<KeptMail | undefined> {
    const text = await readFile(join(this.#folder, name), 'utf8').catch(() => undefined)
    return text === undefined ? undefined : (JSON.parse(text) as KeptMail)
  }
}
