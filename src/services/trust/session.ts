/**
 * What the page knows at a moment: the log verified, and the state of every claim.
 *
 * When the log does not verify, nothing is proven: the statuses are then made from no evidence at
 * all, and `problem` says why.
 *
 * @module
 */
import { sentenceDigest } from '#crypto/evidence.ts'
import { claimStatus, type ClaimException, type ClaimStatus } from '#lib/claims/state.ts'
import { claims } from '#lib/claims/table.ts'
import { VeiligError } from '#lib/errors.ts'
import { EvidenceReader, type EvidenceView } from '#storage/evidence/reader.ts'
import type { TrustConfig } from './config.ts'
import type { TrustPorts } from './ports.ts'

export type Snapshot = {
  readonly nowMs: number
  readonly statuses: readonly ClaimStatus[]
  readonly view?: EvidenceView
  /** Code of what is wrong with the log. */
  readonly problem?: string
}

/** However many visitors come, the log is looked at no more often than this. */
const REFRESH_MS = 1000

const digests: ReadonlyMap<string, string> = new Map(
  claims.map(({ id, sentence }) => [id, sentenceDigest(sentence)]),
)

export class TrustSession {
  readonly #ports: TrustPorts
  readonly #exceptions: ReadonlyMap<string, ClaimException>
  #reader: EvidenceReader | undefined
  #latest: Promise<EvidenceView | string> | undefined
  #latestAtMs = -Infinity
  #saved: string | undefined
  #reported: string | undefined

  constructor(config: TrustConfig, ports: TrustPorts) {
    this.#ports = ports
    this.#exceptions = new Map(
      config.exceptions.map(({ claim, reason, until }) => [
        claim,
        { claim, reason, untilMs: Date.parse(until) },
      ]),
    )
  }

  /** The state of everything now. */
  async snapshot(): Promise<Snapshot> {
    const { clock } = this.#ports
    if (clock.monotonicMs() - this.#latestAtMs >= REFRESH_MS) {
      this.#latestAtMs = clock.monotonicMs()
      this.#latest = this.#look()
    }
    const found = await this.#latest
    const view = typeof found === 'object' ? found : undefined
    const nowMs = clock.nowMs()
    const statuses = claims.map((claim) => {
      const record = view?.records.get(claim.id)
      const digest = digests.get(claim.id) ?? ''
      return claimStatus(claim, digest, record, this.#exceptions.get(claim.id), nowMs)
    })
    return {
      nowMs,
      statuses,
      ...(view ? { view } : {}),
      ...(typeof found === 'string' ? { problem: found } : {}),
    }
  }

  /** A verified view, or the code of what is wrong. */
  async #look(): Promise<EvidenceView | string> {
    try {
      this.#reader ??= new EvidenceReader(this.#ports.place, await this.#ports.seen.load())
      const view = await this.#reader.refresh()
      await this.#remember()
      this.#reported = undefined
      return view
    } catch (error) {
      const code = error instanceof VeiligError ? error.code : 'BUG'
      if (code !== this.#reported) {
        this.#reported = code
        await this.#ports.trail.append([{ code: 'EVIDENCE_UNVERIFIED', detail: { code } }])
      }
      return code
    }
  }

  async #remember(): Promise<void> {
    const seen = this.#reader?.seen
    if (!seen || seen.root === this.#saved) return
    await this.#ports.seen.save(seen)
    this.#saved = seen.root
  }
}
