/**
 * audit.complete: a statement nobody could foresee must stand in the trail, and the trail must
 * be whole.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { Finding } from '#lib/claims/statement.ts'
import { finding, notReached, verdictOf, type Probe } from '../probe.ts'

/** What the probe needs of the trail; the composition reads it from the files. */
export type AuditView = {
  /** Verifies every book from its first record. `faults` says in words what does not hold. */
  verify(): Promise<{ readonly records: number; readonly faults: readonly string[] }>
  /** Waits until a statement with this text by this user is in the trail. */
  awaitStatement(text: string, user: string, signal: AbortSignal): Promise<boolean>
}

export type AuditCompleteTarget = {
  readonly user: string
  /** Runs one statement through the SQL gateway. */
  readonly execute: (sql: string, signal: AbortSignal) => Promise<void>
  readonly audit: AuditView
}

const NONCE_BYTES = 16
/** A statement is in the trail before it is executed; this is for our own reading. */
const PATIENCE_SECONDS = 5
const WHERE_MAX = 300

export function auditCompleteProbe(target: AuditCompleteTarget): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      const { records, faults } = await target.audit.verify()
      if (faults.length > 0) return verdictOf([], faults.map(broken)) // no canary can mend that
      const good: Finding[] = [finding('AUDIT_CHAIN_INTACT', { records })]
      const canary = `veilig-canary-${randomBytes(NONCE_BYTES).toString('hex')}`
      const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_SECONDS * 1000)])
      const waiting = target.audit.awaitStatement(canary, target.user, patience)
      waiting.catch(() => undefined) // awaited below
      try {
        await target.execute(`select '${canary}'`, signal)
      } catch (error) {
        throw notReached('the SQL gateway', error)
      }
      if (await waiting) return verdictOf([...good, finding('AUDIT_CANARY_FOUND')], [])
      return verdictOf([], [finding('AUDIT_CANARY_MISSING', { seconds: PATIENCE_SECONDS })])
    },
  }
}

function broken(where: string): Finding {
  return finding('AUDIT_CHAIN_BROKEN', { where: where.slice(0, WHERE_MAX) })
}
