/**
 * Options that name a moment.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import type { CommandInput } from './command.ts'

/**
 * @returns Milliseconds since the Unix epoch; undefined where the option is not given.
 * @throws {UsageError} OPTION_INVALID.
 */
export function timeOption({ values }: CommandInput, name: string): number | undefined {
  const text = values[name]
  if (typeof text !== 'string' || text === '') return undefined
  const ms = Date.parse(text)
  if (!Number.isNaN(ms)) return ms
  throw new UsageError('OPTION_INVALID', `--${name} is a time, like 2026-11-23T09:30:00Z`)
}
