/**
 * The notary's desk: measurements come in one after another, each is answered once it is safe.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import { parseCanonical } from '#crypto/canonical-json.ts'
import { sentenceDigest, signMeasurement } from '#crypto/evidence.ts'
import type { Words } from '#lib/claims/claim.ts'
import { claimOf } from '#lib/claims/table.ts'
import { readStatement, type Measurement } from '#lib/claims/statement.ts'
import { VeiligError } from '#lib/errors.ts'
import { EvidenceReader } from '#storage/evidence/reader.ts'
import { EvidenceWriter } from '#storage/evidence/writer.ts'
import { noteSigner } from '#crypto/signed-note.ts'
import { admit, bookFrom, decide, type ClaimBook } from './policy.ts'
import type { NotaryConfig } from './config.ts'
import type { NotaryPorts } from './ports.ts'

/** `index` is the entry's place in the log; without it the run was only counted. */
export type Receipt = { readonly logged: boolean; readonly index?: number }

export class Notary {
  readonly #config: NotaryConfig
  readonly #ports: NotaryPorts
  readonly #writer: EvidenceWriter
  readonly #books: Map<string, ClaimBook>
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(
    config: NotaryConfig,
    ports: NotaryPorts,
    writer: EvidenceWriter,
    books: ReadonlyMap<string, ClaimBook>,
  ) {
    this.#config = config
    this.#ports = ports
    this.#writer = writer
    this.#books = new Map(books)
  }

  /** @throws {IntegrityError} EVIDENCE_…, NOTE_…: the log is not what was signed. */
  static async open(config: NotaryConfig, ports: NotaryPorts): Promise<Notary> {
    const signer = noteSigner(config.origin, ports.key.signing)
    const writer = await EvidenceWriter.open(ports.place, signer)
    const { records } = await new EvidenceReader(ports.place).refresh()
    const books = [...records].map(([id, record]) => [id, bookFrom(record)] as const)
    return new Notary(config, ports, writer, new Map(books))
  }

  /**
   * Checks an unsigned statement; signs and appends it, or counts it.
   *
   * @param statement Canonical JSON.
   * @throws {ProtocolError} JSON_…, EVIDENCE_INVALID. @throws {DeniedError} NOTARY_….
   * @throws {FaultError} DISK_…, AUDIT_WRITE_FAILED: the notary can go on no longer.
   */
  submit(statement: Uint8Array): Promise<Receipt> {
    return this.#inTurn(() => this.#submit(statement))
  }

  /**
   * Another key takes over between two measurements; the one before signs for it, and is gone.
   *
   * @throws {DeniedError} EVIDENCE_KEYS_MAX. @throws {FaultError} DISK_…, AUDIT_WRITE_FAILED: the
   *   notary can go on no longer.
   */
  takeOver(next: KeyObject): Promise<void> {
    return this.#inTurn(async () => {
      const { clock, key, trail } = this.#ports
      const former = noteSigner(this.#config.origin, key.signing).verifierKey
      const heir = noteSigner(this.#config.origin, next)
      const index = await this.#writer.succeed(heir, Math.trunc(clock.nowMs()))
      await key.succeed()
      const detail = { former, next: heir.verifierKey, index }
      await trail.append([{ code: 'KEY_SUCCEEDED', detail }])
    })
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(act)
    this.#queue = done.catch(() => undefined)
    return done
  }

  async #submit(bytes: Uint8Array): Promise<Receipt> {
    const { clock, trail } = this.#ports
    try {
      const statement = readStatement(parseCanonical(bytes))
      const { measurement } = statement
      const claim = claimOf(measurement.claim)
      const book = this.#books.get(measurement.claim) ?? {}
      const digest = claim ? sentenceDigest(claim.sentence) : ''
      admit(statement, claim, digest, book, clock.nowMs())
      if (!claim) return { logged: false }
      const decision = decide(book, measurement, claim)
      const receipt =
        decision.sign.length > 0
          ? await this.#sign(decision.sign, claim.sentence)
          : { logged: false }
      this.#books.set(claim.id, decision.book)
      return receipt
    } catch (error) {
      const code = error instanceof VeiligError ? error.code : 'BUG'
      await trail.append([{ code: 'EVIDENCE_REFUSED', detail: { code } }])
      throw error
    }
  }

  async #sign(measurements: readonly Measurement[], sentence: Words): Promise<Receipt> {
    const { key, trail } = this.#ports
    const first = await this.#writer.append(
      measurements.map((measurement) => signMeasurement(measurement, sentence, key.signing)),
    )
    const root = Buffer.from(this.#writer.root()).toString('hex')
    const events = measurements.map(({ claim, outcome }, at) => ({
      code: 'EVIDENCE_SIGNED',
      detail: { claim, outcome, index: first + at, root },
    }))
    await trail.append(events)
    return { logged: true, index: first + measurements.length - 1 }
  }
}
