/**
 * Roles for people in the protected database: none that lasts. One role that may make such roles,
 * three groups whose rights it may give away, and the second role of the application's rotation.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import type { RunningCluster } from '#system/postgres/cluster.ts'
import type { Context } from '../context.ts'
import { activeApplicationRole, announce, applicationRoles } from '../run/application-role.ts'
import { installMasking, MASK_ROLE } from './masking.ts'
import { asSuperuser } from './superuser.ts'

export const ACCESS_ROLE = 'veilig_access'

const groups = ['veilig_read', 'veilig_write', 'veilig_nothing'] as const

/** Before the application starts: who may make roles, and which of the two roles is in use. */
export async function ensureStaffRoles(context: Context, cluster: RunningCluster): Promise<void> {
  await using admin = await asSuperuser(context, cluster, 'postgres')
  const { client } = admin
  for (const group of [...groups, MASK_ROLE]) {
    await ensure(client, group, 'nologin nosuperuser nocreatedb nocreaterole nobypassrls inherit')
  }
  const password = await readFile(context.paths.secret('access', 'database-password'), 'utf8')
  const attributes = 'login createrole nosuperuser nocreatedb nobypassrls noinherit'
  await ensure(
    client,
    ACCESS_ROLE,
    `${attributes} connection limit 8 password ${pg.escapeLiteral(password)}`,
  )
  for (const group of groups) {
    await client.query(
      `grant ${group} to ${ACCESS_ROLE} with admin option, inherit false, set false`,
    )
  }
  await client.query('grant connect on database veilig_probe to veilig_nothing')
  await client.query(`grant connect on database reservations to veilig_read, ${ACCESS_ROLE}`)
  await client.query('grant veilig_read to veilig_write with inherit true, set false')
  await ensureApplicationRoles(context, client)
}

/** The idle role is locked: one password opens the application's rights, except while rotating. */
async function ensureApplicationRoles(context: Context, client: pg.Client): Promise<void> {
  const [first, second] = applicationRoles
  await client.query(`grant ${first.role} to ${second.role} with inherit true, set false`)
  const active = await activeApplicationRole(context)
  for (const { role, process } of applicationRoles) {
    await client.query(
      `grant ${role} to ${ACCESS_ROLE} with admin option, inherit false, set false`,
    )
    if (role !== active) await client.query(`alter role ${role} with nologin`)
    else
      await announce(
        context,
        role,
        await readFile(context.paths.secret(process, 'database-password'), 'utf8'),
      )
  }
}

/** After the application's own migration: what the groups may see, column by column. */
export async function grantStaffRights(context: Context, cluster: RunningCluster): Promise<void> {
  await using inside = await asSuperuser(context, cluster, 'reservations')
  await installMasking(inside.client, context.config.access.masking, ACCESS_ROLE)
}

async function ensure(client: pg.Client, role: string, attributes: string): Promise<void> {
  const found = await client.query('select from pg_roles where rolname = $1', [role])
  if (found.rowCount === 0) await client.query(`create role ${id(role)}`)
  await client.query(`alter role ${id(role)} with ${attributes}`)
}

function id(name: string): string {
  return pg.escapeIdentifier(name)
}
