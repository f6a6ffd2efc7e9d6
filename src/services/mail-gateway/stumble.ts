/**
 * What nobody foresaw: a mistake of ours, or bytes that are not what was kept. It is recorded and
 * logged with its place, and says nothing of a message or its reader.
 *
 * @module
 */
import { FaultError, VeiligError } from '#lib/errors.ts'
import { record } from './events.ts'
import type { MailPorts } from './ports.ts'

/** Lines of a stack that say where it was. */
const PLACES_MAX = 4

/**
 * @param where What was being done, in a word.
 * @param about The delivery it happened to.
 * @returns What the other side may hear.
 * @throws {FaultError} AUDIT_WRITE_FAILED.
 */
export async function stumbled(
  { log, trail }: Pick<MailPorts, 'log' | 'trail'>,
  error: unknown,
  where: 'accept' | 'deliver' | 'queue' | 'return',
  about: { readonly message: string; readonly delivery: string } | undefined,
): Promise<FaultError> {
  const code = nameOf(error)
  log.error({ code, where, ...about, places: placesOf(error) }, 'the mail gateway stumbled')
  await record(trail, 'MAIL_STUMBLED', { code, where, ...about })
  return new FaultError('MAIL_STUMBLED', `at ${where}: ${code}`, { cause: error })
}

/** Its code, or its class: a sentence may hold what a stranger wrote. */
export function nameOf(error: unknown): string {
  if (error instanceof VeiligError) return error.code
  return error instanceof Error ? error.name : typeof error
}

function placesOf(error: unknown): readonly string[] {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : []
  const places = lines.filter((line) => /^\s+at /.test(line))
  return places.slice(0, PLACES_MAX).map((line) => line.trim())
}
