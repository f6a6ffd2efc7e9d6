/**
 * The superuser of both clusters, for what only it may do; and its password, which is renewed too.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { scramVerifier } from '#crypto/scram-verifier.ts'
import type { RunningCluster } from '#system/postgres/cluster.ts'
import { isWrongPassword } from '#system/postgres/pool.ts'
import { formerOf, secretIn, secretsIn, withSecret } from '#system/secret-file.ts'
import type { Context } from '../context.ts'
import { SOCKET_PORT, type ClusterName } from './clusters.ts'

export const SUPERUSER = 'postgres'
const SALT_SIZE = 16

type Superuser = AsyncDisposable & { readonly client: pg.Client }

/** Where a cluster is reached, running or not. */
export function placeOf({ paths }: Context, cluster: ClusterName): ServerPlace {
  return { socketDir: paths.clusterSocket(cluster), port: SOCKET_PORT }
}

type ServerPlace = Pick<RunningCluster, 'socketDir' | 'port'>

/** A connection of the superuser, for what only it may do. */
export function asSuperuser(
  context: Context,
  { socketDir: host, port }: ServerPlace,
  database: string,
): Promise<Superuser> {
  const connect = async (password: string): Promise<Superuser> => {
    const whoever = { user: SUPERUSER, password, application_name: 'veilig supervisor' }
    const client = new pg.Client({ host, port, database, ...whoever })
    client.on('error', () => undefined) // said by the call in progress
    await client.connect()
    return { client, [Symbol.asyncDispose]: () => client.end() }
  }
  return withSecret(superuserFile(context), connect, isWrongPassword)
}

export function superuserFile({ paths }: Context): string {
  return paths.secret('supervisor', 'database-password')
}

/**
 * Gives a cluster's superuser the password that stands in its file: it has another after a renewal
 * that was cut short, and after a restore to a time before one.
 */
export async function settleSuperuser(context: Context, cluster: RunningCluster): Promise<void> {
  const file = superuserFile(context)
  const former = await readFile(formerOf(file), 'utf8').catch(() => '')
  const { socketDir: host, port } = cluster
  for (const password of [...(await secretsIn(file)), ...former.split('\n').filter(Boolean)]) {
    const client = new pg.Client({ host, port, database: 'postgres', user: SUPERUSER, password })
    client.on('error', () => undefined) // said by connect()
    try {
      await client.connect()
      await setPasswordOf(client, SUPERUSER, await secretIn(file))
      return
    } catch (error) {
      if (!isWrongPassword(error)) throw error
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}

/** As a verifier: the password itself stands in no log of the server. */
export async function setPasswordOf(
  client: pg.Client,
  role: string,
  password: string,
): Promise<void> {
  const verifier = pg.escapeLiteral(scramVerifier(password, randomBytes(SALT_SIZE)))
  await client.query(`alter role ${pg.escapeIdentifier(role)} with password ${verifier}`)
}
