/**
 * Cancelling: a connection of its own, which says a key and nothing else, and is never answered.
 *
 * @module
 */
import type { AuditDetail } from '#audit/trail.ts'
import type { CancelKeys } from './cancel-keys.ts'
import type { Journal } from './journal.ts'
import type { Upstream } from './ports.ts'
import { sendCancel } from './upstream.ts'

/** A session of this process. */
export interface Cancellable {
  cancelStatement(address: string): Promise<void>
}

export type Cancelling = {
  readonly cancelKeys: CancelKeys<Cancellable>
  readonly journal: Journal
  readonly upstream: Upstream
  /** Whether a key may be of a session of another process. */
  readonly sharesPort: boolean
  readonly stranger: (code: string, detail: AuditDetail) => void
}

/**
 * Cancels what a key stands for. Recorded first.
 *
 * @throws {FaultError} DB_UPSTREAM_UNREACHABLE or AUDIT_WRITE_FAILED.
 */
export async function cancelBy(
  pid: number,
  key: Uint8Array,
  address: string,
  { cancelKeys, journal, upstream, sharesPort, stranger }: Cancelling,
): Promise<void> {
  const target = cancelKeys.find(pid, key)
  if (target) return target.cancelStatement(address)
  const backend = sharesPort ? cancelKeys.open(pid, key) : undefined
  if (!backend?.certain) stranger('DB_CANCEL', { known: false })
  if (!backend) return
  const detail = { session: '', known: true, address, server: backend.pid }
  if (backend.certain) await journal.append([{ code: 'DB_CANCEL', detail }])
  await sendCancel(upstream, backend)
}
