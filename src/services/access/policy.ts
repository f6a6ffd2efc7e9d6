/**
 * What a person may be given in the database, and what it is called there. Pure.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'

export type GrantRole = 'read' | 'write' | 'probe'

type Rights = {
  /** The group role whose rights the grant has, all of them and no other. */
  readonly group: string
  readonly database: string
  readonly readOnly: boolean
  /** Where it finds tables first: sensitive columns are masked there. Who writes names tables. */
  readonly maskedSchema?: string
  readonly secondsMax: number
}

const HOUR_SECONDS = 3600

/** Every kind of grant. `probe` may do nothing at all: with it the prober measures the lock. */
export const grantRoles: Readonly<Record<GrantRole, Rights>> = {
  read: {
    group: 'veilig_read',
    database: 'reservations',
    readOnly: true,
    maskedSchema: 'veilig_masked',
    secondsMax: HOUR_SECONDS,
  },
  write: {
    group: 'veilig_write',
    database: 'reservations',
    readOnly: false,
    secondsMax: HOUR_SECONDS,
  },
  probe: { group: 'veilig_nothing', database: 'veilig_probe', readOnly: true, secondsMax: 30 },
}

/** Every role that a person gets in the database is called so; no other role is. */
export const GRANT_PREFIX = 'jit_'
const SLUG_MAX = 24

export type GrantWish = {
  readonly role: GrantRole
  readonly seconds: number
  /** Name of the staff account, for the name of the role. */
  readonly account: string
}

/** @throws {UsageError} GRANT_REFUSED when the wish is not within the limits. */
export function checkWish(wish: GrantWish, minutesMax: number): Rights {
  const rights = grantRoles[wish.role]
  const secondsMax = Math.min(rights.secondsMax, minutesMax * 60)
  if (Number.isInteger(wish.seconds) && wish.seconds >= 1 && wish.seconds <= secondsMax)
    return rights
  const message = `${wish.role} may be granted for 1 to ${secondsMax} seconds`
  throw new UsageError('GRANT_REFUSED', message)
}

/** `jit_lotte_5f0c2a91`: who it is stands in every statement of the audit trail. */
export function grantName(account: string, random: Uint8Array): string {
  const slug = account
    .split('@')[0]
    ?.toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, SLUG_MAX)
  return `${GRANT_PREFIX}${slug}_${Buffer.from(random).toString('hex')}`
}
