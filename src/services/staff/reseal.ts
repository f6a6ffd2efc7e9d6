/**
 * Seeds of one-time codes under the key that seals now: before the one before it goes.
 *
 * @module
 */
import type { Desk } from './desk.ts'
import { isSealedNow, seal, unseal } from './seal.ts'

const NONCE_SIZE = 12
/** More people than this do not work here; each row is about a hundred bytes. */
const ROWS_MAX = 100_000

/**
 * Seals anew what another key of the ring sealed. A seed that no key opens stays as it is: its
 * owner signs in with a passkey or a code on paper.
 *
 * @returns How many were sealed anew.
 */
export async function resealSeeds({ ports }: Desk): Promise<number> {
  const { pool, keys, random } = ports
  const sql = 'select account_id as id, seed from totp limit $1'
  const { rows } = await pool.query<{ id: string; seed: Uint8Array }>(sql, [ROWS_MAX])
  let sealed = 0
  for (const { id, seed } of rows) {
    if (isSealedNow(keys(), id, seed)) continue
    const opened = openedBy(keys(), id, seed)
    if (opened === undefined) continue
    const fresh = seal(keys(), id, opened, random(NONCE_SIZE))
    // Only if nobody set up another in the meantime.
    const change = 'update totp set seed = $3 where account_id = $1 and seed = $2'
    const { rowCount } = await pool.query(change, [id, Buffer.from(seed), fresh])
    sealed += rowCount ?? 0
  }
  return sealed
}

function openedBy(...sealed: Parameters<typeof unseal>): string | undefined {
  try {
    return unseal(...sealed)
  } catch {
    return undefined
  }
}
