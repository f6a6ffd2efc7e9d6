/**
 * The roles and databases of both clusters: one table, made at first run, set right at every start.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import type { RunningCluster } from '#system/postgres/cluster.ts'
import type { Context } from '../context.ts'
import { CONTROL_DATABASE, controlServices } from '../control.ts'
import { asSuperuser, settleSuperuser } from './superuser.ts'

type Role = {
  readonly name: string
  /** Whose secret folder holds the password. */
  readonly process: string
  readonly attributes: string
  readonly why: string
}

/** Least privilege: none but the superuser creates roles or databases, or bypasses row security. */
export const roles: readonly Role[] = [
  {
    name: 'reservations_owner',
    process: 'application-owner',
    attributes: 'login connection limit 5',
    why: 'owns the schema; used only while migrating',
  },
  {
    name: 'reservations_app',
    process: 'application',
    attributes: 'login connection limit 60',
    why: 'the application at work: rows, never structure',
  },
  {
    name: 'reservations_app_b',
    process: 'application-b',
    attributes: 'login connection limit 60',
    why: 'takes over from reservations_app, and back, when the password is rotated',
  },
  {
    name: 'veilig_backup',
    process: 'backup',
    attributes: 'login replication connection limit 6',
    why: 'reads the whole cluster as a standby would; may let commits wait for it',
  },
  {
    name: 'veilig_prober',
    process: 'prober',
    attributes: 'login connection limit 6',
    why: 'measures the claims from outside; sees its own database only',
  },
  {
    name: 'veilig_gateway',
    process: 'sql-gateway',
    attributes: 'login connection limit 8',
    why: 'asks for verifiers, to end SCRAM at the gateway, and for the names of columns',
  },
  {
    name: 'veilig_watch',
    process: 'detection',
    attributes: 'login connection limit 2',
    why: 'sees who is connected and how many statements ran, to find who passed by the gateway',
  },
]

type Database = { readonly name: string; readonly owner: string; readonly users: readonly string[] }

const databases: readonly Database[] = [
  {
    name: 'reservations',
    owner: 'reservations_owner',
    users: ['reservations_app', 'reservations_app_b', 'veilig_gateway'],
  },
  { name: 'veilig_probe', owner: 'veilig_prober', users: ['veilig_gateway'] },
]

/** The protected cluster: makes what is missing, gives every role exactly its attributes. */
export async function ensureRoles(context: Context, cluster: RunningCluster): Promise<void> {
  await settleSuperuser(context, cluster)
  await using admin = await asSuperuser(context, cluster, 'postgres')
  for (const role of roles) {
    const password = await readFile(context.paths.secret(role.process, 'database-password'), 'utf8')
    await ensureRole(admin.client, role.name, role.attributes, password)
  }
  await ensureVerifiers(admin.client)
  await admin.client.query(
    'grant alter system on parameter synchronous_standby_names to veilig_backup',
  )
  await admin.client.query('grant execute on function pg_reload_conf() to veilig_backup')
  await admin.client.query('grant pg_read_all_stats to veilig_watch with inherit true, set false')
  await admin.client.query('create extension if not exists pg_stat_statements')
  for (const database of databases) await ensureDatabase(admin.client, database)
  for (const { name } of databases) {
    await using inside = await asSuperuser(context, cluster, name)
    await inside.client.query('revoke all on schema public from public')
    const owner = databases.find((database) => database.name === name)?.owner ?? ''
    await inside.client.query(`grant all on schema public to ${pg.escapeIdentifier(owner)}`)
  }
}

/**
 * The one question the SQL gateway may ask. A verifier lets nobody in by itself: the proof must
 * come from a client that knows the password.
 */
async function ensureVerifiers(client: pg.Client): Promise<void> {
  await client.query(`
    create schema if not exists veilig_gateway;
    create or replace function veilig_gateway.verifier(name) returns text
      language sql stable security definer set search_path = pg_catalog, pg_temp
      return (select rolpassword from pg_authid where rolname = $1 and rolcanlogin);
    revoke all on function veilig_gateway.verifier(name) from public;
    grant usage on schema veilig_gateway to veilig_gateway;
    grant execute on function veilig_gateway.verifier(name) to veilig_gateway`)
}

/** The control cluster: one database, and in it one schema for each service, owned by its role. */
export async function ensureControl(context: Context, cluster: RunningCluster): Promise<void> {
  await settleSuperuser(context, cluster)
  {
    await using admin = await asSuperuser(context, cluster, 'postgres')
    for (const service of controlServices) {
      const file = context.paths.secret(service, 'control-password')
      const attributes = 'login connection limit 12'
      await ensureRole(admin.client, service, attributes, await readFile(file, 'utf8'))
    }
    const users = controlServices
    await ensureDatabase(admin.client, { name: CONTROL_DATABASE, owner: 'postgres', users })
  }
  await using inside = await asSuperuser(context, cluster, CONTROL_DATABASE)
  await inside.client.query('revoke all on schema public from public')
  for (const service of controlServices) {
    const name = pg.escapeIdentifier(service)
    await inside.client.query(`create schema if not exists ${name} authorization ${name}`)
  }
}

async function ensureRole(
  client: pg.Client,
  role: string,
  attributes: string,
  password: string,
): Promise<void> {
  const name = pg.escapeIdentifier(role)
  const found = await client.query('select from pg_roles where rolname = $1', [role])
  if (found.rowCount === 0) await client.query(`create role ${name}`)
  const rest = 'nosuperuser nocreatedb nocreaterole nobypassrls noinherit'
  const literal = pg.escapeLiteral(password)
  await client.query(`alter role ${name} with ${rest} ${attributes} password ${literal}`)
}

async function ensureDatabase(client: pg.Client, database: Database): Promise<void> {
  const name = pg.escapeIdentifier(database.name)
  const found = await client.query('select from pg_database where datname = $1', [database.name])
  if (found.rowCount === 0) {
    await client.query(`create database ${name} owner ${pg.escapeIdentifier(database.owner)}`)
  }
  await client.query(`revoke all on database ${name} from public`)
  for (const user of database.users) {
    await client.query(`grant connect on database ${name} to ${pg.escapeIdentifier(user)}`)
  }
}
