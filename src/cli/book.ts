/**
 * Opens the audit book of one process, as configured.
 *
 * @module
 */
import { hostname } from 'node:os'
import { openTrail } from '#audit/open.ts'
import type { AuditTrail } from '#audit/trail.ts'
import { systemDisk } from '#system/disk.ts'
import { auditSigner } from './audit-key.ts'
import type { AuditConfig } from './config-audit.ts'
import type { Context } from './context.ts'

/** Where books are, and how they are kept. */
export type BookContext = Pick<Context, 'paths' | 'clock'> & {
  readonly config: { readonly audit: AuditConfig }
}

/** @throws {FaultError | IntegrityError} When the book cannot be opened or is damaged. */
export async function openBook(
  context: BookContext,
  process: string,
): Promise<AuditTrail & AsyncDisposable> {
  const { paths, clock, config } = context
  const { mode, whenDamaged, ...limits } = config.audit
  const folder = paths.audit
  const node = hostname()
  const disk = systemDisk
  const signer = await auditSigner(context, process, node)
  return openTrail({ folder, process, node, mode, disk, clock, signer, limits, whenDamaged })
}
