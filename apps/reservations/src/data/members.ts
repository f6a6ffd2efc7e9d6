/**
 * Members, and who may see whose name.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import { ADULT_YEARS, type Member, type Person } from '../model.ts'
import { may } from '../rights.ts'

type Row = Omit<Member, 'language' | 'guardianId' | 'wardIds'> & {
  readonly language: Member['language'] | null
  readonly guardianId: string | null
  readonly wardIds: readonly string[] | null
}

export async function memberById(
  tx: Transaction,
  clubId: string,
  id: string,
): Promise<Member | undefined> {
  const [row] = await tx<Row[]>`
    SELECT ${columns(tx)} FROM members WHERE club_id = ${clubId} AND id = ${id} AND active`
  return row && member(row)
}

/** All who may book, by name. Only for the secretary's eyes. */
export async function membersOf(tx: Transaction, clubId: string): Promise<Member[]> {
  const rows = await tx<Row[]>`
    SELECT ${columns(tx)} FROM members WHERE club_id = ${clubId} AND active
    ORDER BY last_name, first_name LIMIT 5000`
  return rows.map(member)
}

export type Listed = Member & {
  readonly active: boolean
  readonly licence: string
  readonly guardian: { readonly name: string; readonly email: string } | null
}

type ListedRow = Row & Pick<Listed, 'active' | 'licence' | 'guardian'>

/** Whole records, for an officer who proved to be there (officers.ts): those that match, and how many. */
export async function findMembers(
  tx: Transaction,
  clubId: string,
  wanted: string,
  max: number,
): Promise<{ members: Listed[]; total: number }> {
  const like = `%${wanted.replaceAll(/[\\%_]/g, (letter) => `\\${letter}`)}%`
  const rows = await tx<(ListedRow & { readonly total: number })[]>`
    SELECT ${listedColumns(tx)}, count(*) OVER ()::int AS total FROM members
    WHERE club_id = ${clubId}
      AND (first_name || ' ' || last_name ILIKE ${like} OR email ILIKE ${like})
    ORDER BY last_name, first_name, id LIMIT ${max}`
  return { members: rows.map(listed), total: rows[0]?.total ?? 0 }
}

const LIST_MAX = 5_000

/** The list that leaves the club. */
export async function allMembers(tx: Transaction, clubId: string): Promise<Listed[]> {
  const rows = await tx<ListedRow[]>`
    SELECT ${listedColumns(tx)} FROM members WHERE club_id = ${clubId} AND active
    ORDER BY last_name, first_name, id LIMIT ${LIST_MAX}`
  return rows.map(listed)
}

/** Coaches, assistants and secretaries: each of them may teach. */
export async function staffOf(tx: Transaction, clubId: string): Promise<Member[]> {
  const rows = await tx<Row[]>`
    SELECT ${columns(tx)} FROM members
    WHERE club_id = ${clubId} AND active AND role <> 'member'
    ORDER BY last_name, first_name LIMIT 200`
  return rows.map(member)
}

/**
 * Those a member may choose as partner: active adults who agreed that others see their name.
 * @param year The current year, to tell adults from minors by birth year alone.
 */
export async function partnersFor(
  tx: Transaction,
  clubId: string,
  memberId: string,
  year: number,
): Promise<Person[]> {
  return await tx<Person[]>`
    SELECT id, first_name || ' ' || last_name AS name, true AS shown
    FROM members
    WHERE club_id = ${clubId} AND active AND shares_name AND id <> ${memberId}
      AND birth_year < ${year - ADULT_YEARS}
    ORDER BY first_name, last_name LIMIT 5000`
}

export async function setPreferences(
  tx: Transaction,
  clubId: string,
  id: string,
  { language, sharesName }: Pick<Member, 'language' | 'sharesName'>,
): Promise<void> {
  await tx`UPDATE members SET language = ${language ?? null}, shares_name = ${sharesName}
    WHERE club_id = ${clubId} AND id = ${id}`
}

/** Who looks at a booking. Undefined is a visitor: no name is shown to visitors. */
export type Viewer =
  | (Pick<Member, 'id' | 'role' | 'sharesName' | 'wardIds'> & {
      /** Whom an officer may name besides; without it, no more than any member (officers.ts). */
      readonly named?: ReadonlySet<string> | 'all'
    })
  | undefined

/** Whether `viewer` may read the name: both must share, minors are never shown to members. */
export function maySeeName(
  viewer: Viewer,
  whose: { readonly id: string; readonly sharesName: boolean; readonly birthYear: number },
  year: number,
): boolean {
  if (!viewer) return false
  if (viewer.id === whose.id || viewer.wardIds.includes(whose.id)) return true
  if (may(viewer, 'desk') && viewer.named !== undefined) {
    if (viewer.named === 'all' || viewer.named.has(whose.id)) return true
  }
  return viewer.sharesName && whose.sharesName && whose.birthYear < year - ADULT_YEARS
}

export function fullName({ firstName, lastName }: Pick<Member, 'firstName' | 'lastName'>): string {
  return `${firstName} ${lastName}`
}

function columns(tx: Transaction): ReturnType<Transaction> {
  return tx`id, subscription_id AS "subscriptionId", email, first_name AS "firstName",
    last_name AS "lastName", birth_year AS "birthYear", language, role,
    shares_name AS "sharesName", guardian_id AS "guardianId",
    (SELECT jsonb_agg(w.id) FROM members w WHERE w.club_id = members.club_id
      AND w.guardian_id = members.id AND w.active) AS "wardIds"`
}

function listedColumns(tx: Transaction): ReturnType<Transaction> {
  return tx`${columns(tx)}, active, licence,
    (SELECT jsonb_build_object('name', g.first_name || ' ' || g.last_name, 'email', g.email)
      FROM members g WHERE g.club_id = members.club_id AND g.id = members.guardian_id) AS guardian`
}

function listed(row: ListedRow): Listed {
  const { active, licence, guardian } = row
  return { ...member(row), active, licence, guardian }
}

function member(row: Row): Member {
  return {
    ...row,
    language: row.language ?? undefined,
    guardianId: row.guardianId ?? undefined,
    wardIds: row.wardIds ?? [],
  }
}
