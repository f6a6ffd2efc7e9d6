/**
 * The key that signs for all books, and how another takes over: only when every witness follows.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { signSuccession } from '#crypto/key-succession.ts'
import { noteSigner, type NoteSigner } from '#crypto/signed-note.ts'
import { extendKeyLine, readKeyLine } from '#system/key-line.ts'
import { systemDisk } from '#system/disk.ts'
import type { WitnessAddress } from './config.ts'
import type { SealPorts } from './ports.ts'

/** File with the verifier key of the seal, beside the folders of the books. */
export const SEAL_KEY_FILE = 'vkey'
/** File with the notes by which keys took over: docs/formats/succession.md. */
const LINE_FILE = 'keys'

const TIMEOUT_MS = 2_000
/** A witness that does not follow is not asked at each look. */
const PAUSE_MS = 5_000

export class SealKey {
  readonly #witnesses: readonly WitnessAddress[]
  readonly #ports: SealPorts
  #signer: NoteSigner
  #notBeforeMs = -Infinity
  /** What was told last of a witness that does not follow. */
  #told = ''

  constructor(witnesses: readonly WitnessAddress[], ports: SealPorts) {
    this.#witnesses = witnesses
    this.#ports = ports
    this.#signer = this.#signerOf(ports.key.signing)
  }

  get signer(): NoteSigner {
    return this.#signer
  }

  /** Writes the verifier key for whoever shall check. @throws {FaultError} DISK_…. */
  async publish(): Promise<void> {
    const key = Buffer.from(`${this.#signer.verifierKey}\n`)
    await this.#ports.disk.replace(join(this.#ports.folder, SEAL_KEY_FILE), key)
  }

  /**
   * Another key takes over once every witness takes both; until then the one before signs on, and
   * the operator is told who does not follow. Books are signed anew at their next turn.
   *
   * @throws {FaultError} DISK_…, AUDIT_WRITE_FAILED.
   */
  async takeOver(next: KeyObject): Promise<void> {
    const { clock, key, trail, folder } = this.#ports
    if (clock.monotonicMs() < this.#notBeforeMs) return
    const [former, heir] = [this.#signer, this.#signerOf(next)]
    const line = join(folder, LINE_FILE)
    const number = (await readKeyLine(line)).length + 1
    const note = signSuccession(number, former, heir, Math.trunc(clock.nowMs()))
    if (!(await this.#areTold(note))) return
    await extendKeyLine(line, note)
    await key.succeed()
    this.#signer = heir
    await this.publish()
    const detail = { former: former.verifierKey, next: heir.verifierKey }
    await trail.append([{ code: 'KEY_SUCCEEDED', detail }])
  }

  async #areTold(note: string): Promise<boolean> {
    const { ask, clock, trail, complain } = this.#ports
    for (const { url } of this.#witnesses) {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const status = await ask(url, 'add-key', note, signal).then(
        (reply) => String(reply.status),
        () => 'silent',
      )
      if (status === '200') continue
      this.#notBeforeMs = clock.monotonicMs() + PAUSE_MS
      complain('SEAL_KEY_KEPT', `the witness ${url} does not follow to another key: ${status}`)
      const told = `${url} ${status}`
      if (told === this.#told) return false
      this.#told = told
      const detail = { witness: url, answered: status }
      await trail.append([{ code: 'SEAL_KEY_KEPT', detail }])
      return false
    }
    this.#told = ''
    return true
  }

  #signerOf(key: KeyObject): NoteSigner {
    return noteSigner(`${this.#ports.node}/audit`, key)
  }
}

/** Whether a key was announced in the line of a folder as the newest. */
export async function isNewestSealKey(
  folder: string,
  node: string,
  heir: KeyObject,
): Promise<boolean> {
  const newest = (await readKeyLine(join(folder, LINE_FILE))).at(-1)
  return newest?.next === noteSigner(`${node}/audit`, heir).verifierKey
}

/**
 * The seal's verifier keys, the present one first: a book that grows no more may have a former's.
 *
 * @throws {FaultError} DISK_MISSING before the seal ran. {IntegrityError} SUCCESSION_….
 */
export async function sealKeysIn(folder: string): Promise<readonly string[]> {
  const file = Buffer.from(await systemDisk.read(join(folder, SEAL_KEY_FILE))).toString('utf8')
  const line = await readKeyLine(join(folder, LINE_FILE))
  return [...new Set([...file.trim().split('\n'), ...line.map(({ former }) => former)])]
}
