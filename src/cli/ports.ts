/**
 * The ports of the ring: one table, shifted as a whole.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import type { PortTable } from './context.ts'

const defaults: PortTable = {
  https: 8443,
  redirect: 8080,
  sql: 6432,
  mail: 2525,
  application: 8300,
  payments: 8301,
}

const PORT_MAX = 65_535

/**
 * @param base What to add to every port, as typed.
 * @throws {UsageError} PORT_BASE_INVALID.
 */
export function portsFrom(base: string | undefined): PortTable {
  const shift = Number(base ?? '0')
  const shiftMax = PORT_MAX - defaults.https
  if (!Number.isInteger(shift) || shift < 0 || shift > shiftMax || base === '') {
    const message = `--port-base is ${base}, and must be a whole number from 0 to ${shiftMax}`
    throw new UsageError('PORT_BASE_INVALID', message)
  }
  const shifted = Object.entries(defaults).map(([name, port]) => [name, port + shift])
  return Object.fromEntries(shifted) as PortTable
}
