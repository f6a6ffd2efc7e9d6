/**
 * Renews keys that sign, and certificates of the doors, while they are used.
 *
 * @module
 */
import { askStaff } from '#services/staff/client.ts'
import { systemDisk } from '#system/disk.ts'
import { renewKey } from '#system/key-ring.ts'
import { freshPassword, renewSecret } from '#system/secret-file.ts'
import { wantHeir } from '#system/successive-key.ts'
import { askReload } from '../ask-reload.ts'
import type { Context } from '../context.ts'
import { doorsWithCertificate, renewCertificate } from '../supervisor/certificates.ts'
import type { Renewal } from './renewal.ts'

const KEY_OVERLAP = 'the new one signs; the former is taken until the next renewal'

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
      overlap: KEY_OVERLAP,
      renew: () => renewKey(paths.secret('console', 'session.key'), askConsole),
    },
    {
      credential: 'web-gateway/device.key',
      role: 'web-gateway',
      overlap: KEY_OVERLAP,
      renew: () => renewKey(paths.secret('web-gateway', 'device.key'), askGateway),
    },
    {
      credential: 'prober/staff-password',
      role: 'prober',
      overlap: 'the console reads it again at once',
      renew: async () => {
        await renewSecret(staffPassword, freshPassword(), () => Promise.resolve())
        await askConsole()
      },
    },
    ...successions(context),
    ...certificateRenewals(context, askGateway),
  ]
}

/** Keys that others know us by: the one before signs for the one that takes over. */
function successions({ paths, clock }: Context): readonly Renewal[] {
  const files = [
    ['notary', 'evidence.key'],
    ['drill', 'receipt.key'],
    ['seal', 'seal.key'],
  ] as const
  return files.map(([role, file]) => ({
    credential: `${role}/${file}`,
    role,
    waits: true,
    overlap: 'the one before signs for the next and is gone; what it signed stays verifiable',
    renew: () => wantHeir(paths.secret(role, file), clock),
  }))
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
      overlap: 'connections stay; who comes next is shown the new certificate',
      renew: async () => {
        await renewCertificate({ disk: systemDisk, clock }, paths, door)
        // The others follow the file by themselves.
        if (door === 'web-gateway') await askGateway()
      },
    }))
}
