/**
 * Killed with -9 at moments dealt over a mail's whole life: before and after each write to disk,
 * each line heard and said. All of them: bench/campaigns/mail-kills.ts.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fightMail } from '../../../test/simulation/mail-kills.ts'

const KILLS = 14
const SEED = Number(process.env['VEILIG_SEED'] ?? 8)

test(`killed at ${KILLS} moments of a mail, nothing accepted is lost`, async (t) => {
  t.diagnostic(`seed ${SEED}`)
  const { moments, killed, missed, accepted, twice } = await fightMail({ seed: SEED, kills: KILLS })
  t.diagnostic(`${moments} moments, ${killed} killed at, ${accepted} accepted`)
  t.diagnostic(`twice: ${twice.join(', ') || 'none'}; not met: ${missed.join(', ') || 'none'}`)
  assert(killed > KILLS / 2, 'too few kills to prove anything')
})
