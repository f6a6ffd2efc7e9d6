/**
 * The prober's account: it knows a right password and nothing more, may do nothing, and shows from
 * outside that a password is not enough. Its one-time codes nobody has.
 *
 * @module
 */
import { generateSecret } from 'otplib'
import type { Desk } from './desk.ts'
import { offerTotp, useStep } from './factors.ts'
import { hashPassword, passwordIsRight } from './passwords.ts'
import { seal } from './seal.ts'
import { accountByName } from './store.ts'

export const PROBE_NAME = 'veilig-prober'
const NONCE_SIZE = 12

export async function ensureProbeAccount(desk: Desk): Promise<void> {
  const { pool, keys, random, probePassword } = desk.ports
  const password = probePassword()
  const before = await accountByName(pool, PROBE_NAME)
  if (await passwordIsRight(before?.passwordHash ?? undefined, password)) return
  const { rows } = await pool.query<{ id: string }>(
    `insert into account (name, role, password_hash, password_changed_at)
     values ($1, 'probe', $2, now())
     on conflict (name) do update set password_hash = excluded.password_hash, role = 'probe',
       password_changed_at = now()
     returning id`,
    [PROBE_NAME, await hashPassword(password)],
  )
  const id = rows[0]?.id ?? ''
  await offerTotp(pool, id, seal(keys(), id, generateSecret(), random(NONCE_SIZE)))
  await useStep(pool, id, 1, true)
  await pool.query(`update account set state = 'active' where id = $1`, [id])
}
