/**
 * A witness's memory: of each log the last checkpoint it signed, on disk before the signature is
 * given.
 *
 * @module
 */
import { join } from 'node:path'
import { parseCheckpoint, type Checkpoint } from '#crypto/checkpoint.ts'
import { sha256 } from '#crypto/sha256.ts'
import {
  cosigner,
  noteVerifier,
  parseNote,
  signatureLine,
  verifyNote,
} from '#crypto/signed-note.ts'
import { parseAddCheckpoint } from '#crypto/witness-message.ts'
import { IntegrityError, ProtocolError } from '#lib/errors.ts'
import type { WitnessConfig } from './config.ts'
import { WatchedKeys } from './watched-keys.ts'
import { admit, judge } from './policy.ts'
import type { WitnessPorts } from './ports.ts'

export type WitnessAnswer = {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422 | 507
  readonly type: 'text/plain' | 'text/x.tlog.size'
  readonly body: string
}

type Seen = { readonly checkpoint: Checkpoint; readonly note: string }

const TEXT = { type: 'text/plain', body: '' } as const

export class Witness {
  readonly #config: WitnessConfig
  readonly #ports: WitnessPorts
  readonly #watched: WatchedKeys
  readonly #seen = new Map<string, Seen>()
  /** Requests about one log come one after the other: check and set are one. */
  readonly #turns = new Map<string, Promise<unknown>>()

  private constructor(config: WitnessConfig, ports: WitnessPorts) {
    this.#config = config
    this.#ports = ports
    this.#watched = new WatchedKeys(config.logs, ports)
  }

  /** @throws {IntegrityError} NOTE_…, CHECKPOINT_MALFORMED: its memory is not what it wrote. */
  static async open(config: WitnessConfig, ports: WitnessPorts): Promise<Witness> {
    const witness = new Witness(config, ports)
    await witness.#watched.recall()
    const own = noteVerifier(witness.verifierKey)
    for (const file of await ports.disk.list(ports.folder)) {
      if (!/^[0-9a-f]{64}$/.test(file)) continue
      const note = Buffer.from(await ports.disk.read(join(ports.folder, file))).toString()
      const parsed = parseNote(note)
      verifyNote(parsed, [own])
      const checkpoint = parseCheckpoint(parsed.text)
      if (fileOf(checkpoint.origin) !== file)
        throw new IntegrityError('WITNESS_ALTERED', `${file} is about ${checkpoint.origin}`)
      witness.#seen.set(checkpoint.origin, { checkpoint, note })
    }
    return witness
  }

  /** By which others know its signatures. */
  get verifierKey(): string {
    return cosigner(this.#config.name, this.#ports.privateKey, 0).verifierKey
  }

  /** The logs it has signed something of, sorted. */
  origins(): readonly string[] {
    return [...this.#seen.keys()].toSorted()
  }

  /** The last checkpoint of a log, with its signatures. */
  latest(origin: string): string | undefined {
    return this.#seen.get(origin)?.note
  }

  /**
   * Answers `add-checkpoint`.
   *
   * @throws {FaultError} DISK_…: nothing was signed.
   */
  async add(body: string): Promise<WitnessAnswer> {
    try {
      const request = parseAddCheckpoint(body)
      const admitted = admit(request, this.#watched.verifiers)
      if (typeof admitted === 'number') return { status: admitted, ...TEXT }
      const { origin } = admitted.checkpoint
      const turn = async (): Promise<WitnessAnswer> => {
        const verdict = judge(request, admitted, this.#seen.get(origin)?.checkpoint)
        if (verdict.status === 409) return behind(verdict.size)
        if (verdict.status !== 200) return { status: verdict.status, ...TEXT }
        return this.#sign(admitted, request.note)
      }
      const before = this.#turns.get(origin) ?? Promise.resolve()
      const done = before.then(turn)
      const settled = done.catch(() => undefined)
      this.#turns.set(origin, settled)
      try {
        return await done
      } finally {
        if (this.#turns.get(origin) === settled) this.#turns.delete(origin)
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return { status: 400, ...TEXT }
    }
  }

  /** Answers `add-key`: another key of a log that is watched. @throws {FaultError} DISK_…. */
  async addKey(note: string): Promise<WitnessAnswer> {
    const status = await this.#watched.follow(note)
    return { status, ...TEXT }
  }

  async #sign(
    { text, checkpoint }: { readonly text: string; readonly checkpoint: Checkpoint },
    given: string,
  ): Promise<WitnessAnswer> {
    const { disk, folder, clock, privateKey, trail } = this.#ports
    const { origin } = checkpoint
    const isNew = !this.#seen.has(origin)
    if (isNew && this.#seen.size >= this.#config.logsMax) return { status: 507, ...TEXT }
    const timeS = Math.floor(clock.nowMs() / 1000)
    const line = signatureLine(text, cosigner(this.#config.name, privateKey, timeS))
    this.#watched.signed(given)
    const note = `${given}${line}`
    await disk.replace(join(folder, fileOf(origin)), Buffer.from(note))
    this.#seen.set(origin, { checkpoint, note })
    if (isNew) await trail.append([{ code: 'WITNESS_LOG_SEEN', detail: { origin } }])
    return { status: 200, type: 'text/plain', body: line }
  }
}

function behind(size: number): WitnessAnswer {
  return { status: 409, type: 'text/x.tlog.size', body: `${size}\n` }
}

function fileOf(origin: string): string {
  return Buffer.from(sha256(Buffer.from(origin))).toString('hex')
}
