/**
 * What a grader says of a server's handshakes, in short: made by the grader, judged by the prober.
 *
 * @module
 */

/** By the newest edition of the rating guide. */
export type TlsGrades = {
  readonly grade: string
  readonly score: number
  /** Edition of the guide. */
  readonly rules: string
  readonly suites: number
  readonly versions: readonly string[]
  /** Why it is no better. */
  readonly caps: readonly string[]
  readonly notVulnerable: readonly string[]
  readonly notTested: readonly string[]
  /** Whether an authority that every visitor has vouches for it. */
  readonly publiclyTrusted: boolean
  /** Logs that have signed the certificate, by their proofs in it. */
  readonly logs: readonly string[]
  /** Proofs whose signatures were checked with the logs' keys, and who runs the logs. */
  readonly timestamps: {
    readonly valid: number
    readonly invalid: number
    readonly operators: number
  }
}
