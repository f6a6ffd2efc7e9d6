/**
 * Server settings with units, as SHOW writes them. Pure.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

const factors: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
}

/** `16MB` → 16777216. @throws {ProtocolError} PG_VALUE_INVALID. */
export function parseBytes(text: string): number {
  const [, digits = '', unit = '?'] = /^([0-9]{1,12})(B|kB|MB|GB|)$/.exec(text) ?? []
  const factor = factors[unit]
  if (factor === undefined) throw new ProtocolError('PG_VALUE_INVALID', `not a size: ${text}`)
  return Number(digits) * factor
}
