/**
 * Which provider runs a server, by its name or by roles that only that provider's servers have.
 * Pure.
 *
 * @module
 */

const PROVIDERS: readonly {
  readonly name: string
  readonly host: RegExp
  readonly role?: string
}[] = [
  { name: 'Amazon RDS', host: /\.rds\.amazonaws\.com(\.cn)?$/, role: 'rdsadmin' },
  { name: 'Amazon RDS', host: /\.rds\.amazonaws\.com(\.cn)?$/, role: 'rds_superuser' },
  { name: 'Google Cloud SQL', host: /\.sql\.goog$/, role: 'cloudsqlsuperuser' },
  { name: 'Azure Database', host: /\.postgres\.database\.azure\.com$/, role: 'azure_pg_admin' },
  { name: 'Neon', host: /\.neon\.tech$/ },
  { name: 'Supabase', host: /\.supabase\.(?:co|com)$/ },
  { name: 'Heroku', host: /\.(?:compute-1|eu-west-1)\.amazonaws\.com$/ },
]

/** Undefined when nothing speaks for a provider. */
export function providerOf(host: string, roles: readonly string[]): string | undefined {
  const found = PROVIDERS.find(
    (provider) =>
      provider.host.test(host) || (provider.role !== undefined && roles.includes(provider.role)),
  )
  return found?.name
}
