/**
 * How a club looks and what it is called: its secretary's to change, each change a deed that can be
 * undone.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import type { Club, Member } from '../model.ts'
import type { Png } from '../png.ts'
import { MissingError } from './errors.ts'
import { beginAct } from './journal.ts'
import { StaleError } from './rules.ts'

/** Images kept of one club: the one shown, and those an undo may want. */
const LOGOS_MAX = 40

export type Look = Pick<Club, 'name' | 'town' | 'language' | 'colour'>

/** So many logos were brought in lately that no more are kept. */
export class LogosError extends Error {
  override readonly name = 'LogosError'
}

/** @throws {StaleError} When somebody saved since `version` was read. */
export async function saveLook(
  tx: Transaction,
  club: Club,
  by: Member,
  { name, town, language, colour }: Look,
  version: number,
): Promise<void> {
  await beginAct(tx, club, by, 'look', name)
  await take(tx, club, version)
  await tx`UPDATE clubs SET name = ${name}, town = ${town}, language = ${language},
    colour = ${colour} WHERE id = ${club.id}`
}

/** @throws {StaleError} {LogosError} */
export async function saveLogo(
  tx: Transaction,
  club: Club,
  by: Member,
  { bytes }: Png,
  version: number,
): Promise<void> {
  await beginAct(tx, club, by, 'logo')
  await take(tx, club, version)
  const [row] = await tx<{ n: number }[]>`SELECT count(*)::int AS n FROM logos
    WHERE club_id = ${club.id}`
  if ((row?.n ?? 0) >= LOGOS_MAX) throw new LogosError('too many logos')
  const [made] = await tx<{ id: string }[]>`
    INSERT INTO logos (club_id, png) VALUES (${club.id}, ${bytes}) RETURNING id`
  await tx`UPDATE clubs SET logo_id = ${made?.id ?? null} WHERE id = ${club.id}`
}

/** The drawn logo is shown again. @throws {StaleError} {MissingError} When it is already. */
export async function dropLogo(
  tx: Transaction,
  club: Club,
  by: Member,
  version: number,
): Promise<void> {
  await beginAct(tx, club, by, 'logo-dropped')
  await take(tx, club, version)
  const done = await tx`UPDATE clubs SET logo_id = NULL
    WHERE id = ${club.id} AND logo_id IS NOT NULL RETURNING id`
  if (done.length === 0) throw new MissingError('no logo to drop')
}

/** The lock on the club's row is what makes two officers take turns. */
async function take(tx: Transaction, club: Club, version: number): Promise<void> {
  const done = await tx`UPDATE clubs SET look_version = look_version + 1
    WHERE id = ${club.id} AND look_version = ${version} RETURNING id`
  if (done.length === 0) throw new StaleError('the look changed meanwhile')
}

/** An image the club brought; also one of before, for pages still open. */
export async function logoById(
  tx: Transaction,
  clubId: string,
  id: string,
): Promise<Uint8Array | undefined> {
  const [row] = await tx<{ png: Uint8Array }[]>`
    SELECT png FROM logos WHERE club_id = ${clubId} AND id = ${id}`
  return row?.png
}
