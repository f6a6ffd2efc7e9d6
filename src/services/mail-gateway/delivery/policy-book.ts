/**
 * Policies of MTA-STS in the control database, so that a restart forgets none: whoever can make us
 * restart could otherwise make us forget that a domain wants TLS.
 *
 * @module
 */
import type pg from 'pg'
import type { PolicyBook } from './mta-sts.ts'

/** @param pool Of the service's own schema. */
export function databasePolicyBook(pool: Pick<pg.Pool, 'query'>): PolicyBook {
  return {
    read: async (domain) => {
      const { rows } = await pool.query<{ policy: object }>(
        'select policy from sts_policy where domain = $1 and expires_at > now()',
        [domain],
      )
      return rows[0]?.policy
    },
    write: async (domain, policy, expiresMs) => {
      await pool.query(
        `insert into sts_policy values ($1, $2, $3)
         on conflict (domain) do update set policy = $2, expires_at = $3`,
        [domain, JSON.stringify(policy), new Date(expiresMs)],
      )
    },
  }
}
