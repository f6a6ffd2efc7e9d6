/**
 * What `veilig up` prints once everything runs: where to look, and what to keep safe.
 *
 * @module
 */
import type { Context } from '../context.ts'

export function addressTable(context: Context): string {
  const { ports, paths } = context
  const rows: readonly (readonly [string, string])[] = [
    ['Reservations', `https://localhost:${ports.https}/`],
    ['Trust page', `https://trust.localhost:${ports.https}/`],
    ['Status page', `https://status.localhost:${ports.https}/`],
    ['Database', `postgres://localhost:${ports.sql}/ (TLS, through the SQL gateway)`],
    ['Plain HTTP', `http://localhost:${ports.redirect}/ (redirects to HTTPS)`],
    ['Data folder', paths.data],
    ['Authority', `${paths.caCertificate} (trust it in your browser to see a closed lock)`],
    ['Recovery key', `${paths.secret('recovery', 'recovery.key')} (keep a copy elsewhere)`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return ['', ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`), ''].join('\n')
}
