/**
 * Renews the passwords of the ring's own database roles while everything runs.
 *
 * Connections that are open stay. A new one is opened with the password of the role's file; in the
 * instant of the change whoever connects tries the old and the new (`#system/secret-file.ts`).
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import { systemDisk } from '#system/disk.ts'
import { formerOf, freshPassword, renewSecret, secretIn } from '#system/secret-file.ts'
import type { Context } from '../context.ts'
import { controlServices } from '../control.ts'
import { applicationRoles } from '../run/application-role.ts'
import type { ClusterName } from '../supervisor/clusters.ts'
import { roles } from '../supervisor/roles.ts'
import { ACCESS_ROLE } from '../supervisor/staff-roles.ts'
import {
  asSuperuser,
  placeOf,
  setPasswordOf,
  SUPERUSER,
  superuserFile,
} from '../supervisor/superuser.ts'
import type { Renewal } from './renewal.ts'

const LOGIN_OVERLAP = 'sessions stay; who logs in in that instant tries both'

/** Copies of the database are kept ninety days; each renewal is at most sixty after the last. */
const FORMER_MAX = 12

/** Every role but the application's, which has a rotation of its own with two roles. */
export function databaseRenewals(context: Context): readonly Renewal[] {
  const own = new Set<string>(applicationRoles.map(({ role }) => role))
  const guarded = roles.filter(({ name }) => !own.has(name))
  return [
    ...guarded.map(({ name, process }) => roleRenewal(context, 'protected', name, process)),
    roleRenewal(context, 'protected', ACCESS_ROLE, 'access'),
    ...controlServices.map((name) => roleRenewal(context, 'control', name, name)),
    superuserRenewal(context),
  ]
}

function roleRenewal(
  context: Context,
  cluster: ClusterName,
  role: string,
  process: string,
): Renewal {
  const file = cluster === 'control' ? 'control-password' : 'database-password'
  return {
    credential: `${process}/${file}`,
    role,
    overlap: LOGIN_OVERLAP,
    renew: async () => {
      await using admin = await asSuperuser(context, placeOf(context, cluster), 'postgres')
      await renewSecret(context.paths.secret(process, file), freshPassword(), (fresh) =>
        setPasswordOf(admin.client, role, fresh),
      )
    },
  }
}

/** One password for both clusters: the one that only the supervisor and commands may read. */
function superuserRenewal(context: Context): Renewal {
  const file = superuserFile(context)
  return {
    credential: 'supervisor/database-password',
    role: SUPERUSER,
    overlap: LOGIN_OVERLAP,
    renew: async () => {
      await using guarded = await asSuperuser(context, placeOf(context, 'protected'), 'postgres')
      await using control = await asSuperuser(context, placeOf(context, 'control'), 'postgres')
      await keepFormer(file)
      await renewSecret(file, freshPassword(), async (fresh) => {
        for (const { client } of [guarded, control]) await setPasswordOf(client, SUPERUSER, fresh)
      })
    },
  }
}

/** A database that is brought back from before asks for the password of that time. */
async function keepFormer(file: string): Promise<void> {
  const before = await readFile(formerOf(file), 'utf8').catch(() => '')
  const lines = [await secretIn(file), ...before.split('\n').filter(Boolean)].slice(0, FORMER_MAX)
  await systemDisk.replace(formerOf(file), Buffer.from(lines.join('\n')))
}
