/**
 * The audit book of a command: people may start a command twice at once, a book has one writer.
 *
 * @module
 */
import { join } from 'node:path'
import { kill, pid } from 'node:process'
import type { AuditTrail } from '#audit/trail.ts'
import { FaultError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'
import { openBook } from './book.ts'
import type { Context } from './context.ts'

const WAIT_MS = 10_000
const POLL_MS = 50

/**
 * Opens the book once no other process has it open in this way.
 *
 * @throws {FaultError} AUDIT_BOOK_BUSY after ten seconds; else as `openBook`.
 */
export async function openCommandBook(
  context: Context,
  name: string,
): Promise<AuditTrail & AsyncDisposable> {
  const lock = join(context.paths.audit, `${name}.lock`)
  await take(context, lock)
  try {
    const book = await openBook(context, name)
    return {
      append: (events) => book.append(events),
      flush: () => book.flush(),
      [Symbol.asyncDispose]: async () => {
        try {
          await book[Symbol.asyncDispose]()
        } finally {
          await systemDisk.remove(lock)
        }
      },
    }
  } catch (error) {
    await systemDisk.remove(lock)
    throw error
  }
}

async function take({ clock }: Context, lock: string): Promise<void> {
  const deadlineMs = clock.monotonicMs() + WAIT_MS
  for (;;) {
    try {
      return await systemDisk.createOnce(lock, Buffer.from(String(pid)))
    } catch (error) {
      if (!(error instanceof FaultError) || error.code !== 'DISK_EXISTS') throw error
      if (clock.monotonicMs() > deadlineMs)
        throw new FaultError('AUDIT_BOOK_BUSY', `${lock}: another command is at it`, {
          cause: error,
        })
    }
    if (!(await holderLives(lock))) await systemDisk.remove(lock)
    else await clock.sleep(POLL_MS)
  }
}

/** A lock outlives a killed process; one that is gone by now needs nobody. */
async function holderLives(lock: string): Promise<boolean> {
  try {
    kill(Number(Buffer.from(await systemDisk.read(lock)).toString()), 0)
    return true
  } catch (error) {
    if (error instanceof FaultError) return error.code !== 'DISK_MISSING'
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
