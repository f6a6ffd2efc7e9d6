/**
 * The mail gateway killed at every moment of a mail's life. See test/simulation/mail-kills.ts.
 *
 * bin/node bench/campaigns/mail-kills.ts. VEILIG_SEED, VEILIG_KILLS (all moments).
 */
import { fightMail } from '../../test/simulation/mail-kills.ts'

const seed = Number(process.env['VEILIG_SEED'] ?? Date.now() % 1_000_000)
const asked = process.env['VEILIG_KILLS']
const kills = asked === undefined ? undefined : Number(asked)
const fate = await fightMail({ seed, kills })
process.stdout.write(`${JSON.stringify({ campaign: 'mail-kills', seed, ...fate }, null, 1)}\n`)
