/**
 * From a probe to the state of its claim, by the same way as in the ring: measured, signed, verified,
 * judged. Only the sockets between the processes are left out; chain.test.ts has those.
 */
import { sentenceDigest, signMeasurement, verifyEntry } from '#crypto/evidence.ts'
import { publicKeyOf, rawPublicKey } from '#crypto/dsse.ts'
import { ed25519PrivateKey } from '#crypto/signed-note.ts'
import { addEvidence, claimStatus, type ClaimState } from '#lib/claims/state.ts'
import { claimOf } from '#lib/claims/table.ts'
import { systemClock } from '#system/clock.ts'
import type { Probe } from '#services/prober/probe.ts'
import { runProbe } from '#services/prober/session.ts'

const key = ed25519PrivateKey(new Uint8Array(32).fill(1))
const publicKey = publicKeyOf(rawPublicKey(key))
const PROBE_TIMEOUT_MS = 15_000

export type Measured = {
  readonly state: ClaimState
  /** Codes of the findings, each once, sorted. */
  readonly codes: readonly string[]
  /** All values of the findings, for messages. */
  readonly values: string
}

/** Runs a probe once and says what the trust page would then say. */
export async function measureClaim(id: string, probe: Probe): Promise<Measured> {
  const claim = claimOf(id)
  if (!claim) throw new Error(`no claim ${id}`)
  const stop = new AbortController()
  const measurement = await runProbe(id, probe, PROBE_TIMEOUT_MS, systemClock, stop.signal)
  const entry = signMeasurement(measurement, claim.sentence, key)
  const record = addEvidence(undefined, verifyEntry(entry, 0, publicKey))
  const digest = sentenceDigest(claim.sentence)
  const { state } = claimStatus(claim, digest, record, undefined, systemClock.nowMs())
  const codes = [...new Set(measurement.findings.map(({ code }) => code))].toSorted()
  return { state, codes, values: JSON.stringify(measurement.findings) }
}
