/**
 * The application's way into the database: two roles, one in use, and the file that says which.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import { systemDisk } from '#system/disk.ts'
import type { Context } from '../context.ts'

type Where = Pick<Context, 'paths' | 'ports'>

/** The second has the rights of the first by membership. */
export const applicationRoles = [
  { role: 'reservations_app', process: 'application' },
  { role: 'reservations_app_b', process: 'application-b' },
] as const

/** What the application reads, and reads again when it changes. */
export function databaseUrlFile({ paths }: Where): string {
  return paths.secret('application', 'database-url')
}

/** The role in use; the first one until a rotation says otherwise. */
export async function activeApplicationRole(context: Where): Promise<string> {
  const file = databaseUrlFile(context)
  if ((await systemDisk.size(file)) === undefined) return applicationRoles[0].role
  return decodeURIComponent(new URL(await readFile(file, 'utf8')).username)
}

/** Writes the file at once and whole: a reader sees the old address or the new one. */
export async function announce(context: Where, role: string, password: string): Promise<void> {
  const url = new URL(`postgres://localhost:${context.ports.sql}/reservations`)
  url.username = role
  url.password = password
  url.searchParams.set('sslmode', 'verify-full')
  const file = databaseUrlFile(context)
  if ((await systemDisk.size(file)) !== undefined && (await readFile(file, 'utf8')) === url.href)
    return // its age is the age of the password
  await systemDisk.replace(file, Buffer.from(url.href))
}

/** Keeps the password of a role where the next start of the ring finds it. */
export async function keepPassword(
  { paths }: Where,
  role: string,
  password: string,
): Promise<void> {
  const process = applicationRoles.find((one) => one.role === role)?.process ?? 'application'
  await systemDisk.replace(paths.secret(process, 'database-password'), Buffer.from(password))
}
