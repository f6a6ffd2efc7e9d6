/**
 * What `veilig up` prints once everything runs: where to look, and what to keep safe.
 *
 * @module
 */
import { askStaff } from '#services/staff/client.ts'
import type { Context } from '../context.ts'

export async function addressTable(context: Context): Promise<string> {
  const { ports, paths } = context
  const link = await firstLink(context)
  const rows: readonly (readonly [string, string])[] = [
    ['Reservations', `https://localhost:${ports.https}/`],
    ['Trust page', `https://trust.localhost:${ports.https}/`],
    ['Status page', `https://status.localhost:${ports.https}/`],
    ...(context.config.mailGateway.delivery.kind === 'demonstration'
      ? [['Mailbox', `https://mailbox.localhost:${ports.https}/`] as const]
      : []),
    ['Database', `postgres://localhost:${ports.sql}/ (TLS, through the SQL gateway)`],
    ['Plain HTTP', `http://localhost:${ports.redirect}/ (redirects to HTTPS)`],
    ...(link === undefined
      ? [['Console', `https://console.localhost:${ports.https}/`] as const]
      : [['First login', `${link} (good once, for a day)`] as const]),
    ['Data folder', paths.data],
    ['Authority', `${paths.caCertificate} (trust it in your browser to see a closed lock)`],
    ['Recovery key', `${paths.secret('recovery', 'recovery.key')} (keep a copy elsewhere)`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return ['', ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`), ''].join('\n')
}

/** While nobody can sign in to the console: the owner's invitation. */
async function firstLink({ paths }: Context): Promise<string | undefined> {
  const answer = await askStaff(paths.socket('staff'), '/first-link')
  return (answer as { link: string | null }).link ?? undefined
}
