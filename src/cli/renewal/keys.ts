/**
 * Renews keys that sign sessions, and certificates of the doors, while they are used.
 *
 * @module
 */
import { askStaff } from '#services/staff/client.ts'
import { systemDisk } from '#system/disk.ts'
import { renewKey } from '#system/key-ring.ts'
import { freshPassword, renewSecret } from '#system/secret-file.ts'
import { askReload } from '../ask-reload.ts'
import type { Context } from '../context.ts'
import { doorsWithCertificate, renewCertificate } from '../supervisor/certificates.ts'
import type { Renewal } from './renewal.ts'

export function keyRenewals(context: Context): readonly Renewal[] {
  const { paths } = context
  const askConsole = async (): Promise<void> =>
    void (await askStaff(paths.socket('staff'), '/read-again'))
  const askGateway = (): Promise<void> => askReload(paths.socket('web-gateway'))
  const staffPassword = paths.secret('prober', 'staff-password')
  return [
    {
      credential: 'console/session.key',
      role: 'console',
      renew: () => renewKey(paths.secret('console', 'session.key'), askConsole),
    },
    {
      credential: 'web-gateway/device.key',
      role: 'web-gateway',
      renew: () => renewKey(paths.secret('web-gateway', 'device.key'), askGateway),
    },
    {
      credential: 'prober/staff-password',
      role: 'prober',
      renew: async () => {
        await renewSecret(staffPassword, freshPassword(), () => Promise.resolve())
        await askConsole()
      },
    },
    ...certificateRenewals(context, askGateway),
  ]
}

/** Without the web-gateway's when the operator brings his own: that one is not ours to change. */
function certificateRenewals(
  context: Context,
  askGateway: () => Promise<void>,
): readonly Renewal[] {
  const { paths, clock, config } = context
  const brought = config.webGateway.tls.keyFile !== undefined
  return doorsWithCertificate
    .filter((door) => door !== 'web-gateway' || !brought)
    .map((door) => ({
      credential: `${door}/tls.key`,
      role: door,
      renew: async () => {
        await renewCertificate({ disk: systemDisk, clock }, paths, door)
        // The others follow the file by themselves.
        if (door === 'web-gateway') await askGateway()
      },
    }))
}
