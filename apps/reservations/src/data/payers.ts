/**
 * Who pays: the name and address that a member gave for his bank.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import type { Payer } from '../payments.ts'

export async function payerOf(
  tx: Transaction,
  clubId: string,
  memberId: string,
): Promise<Payer | undefined> {
  const [row] = await tx<Payer[]>`
    SELECT first_name AS "firstName", last_name AS "lastName", address1, zip_code AS "zipCode",
      city, country
    FROM payers WHERE club_id = ${clubId} AND member_id = ${memberId}`
  return row && { ...row }
}

export async function keepPayer(
  tx: Transaction,
  clubId: string,
  memberId: string,
  { firstName, lastName, address1, zipCode, city, country }: Payer,
): Promise<void> {
  await tx`
    INSERT INTO payers (club_id, member_id, first_name, last_name, address1, zip_code, city, country)
    VALUES (${clubId}, ${memberId}, ${firstName}, ${lastName}, ${address1}, ${zipCode}, ${city},
      ${country})
    ON CONFLICT (club_id, member_id) DO UPDATE SET first_name = excluded.first_name,
      last_name = excluded.last_name, address1 = excluded.address1,
      zip_code = excluded.zip_code, city = excluded.city, country = excluded.country`
}

export async function forgetPayer(
  tx: Transaction,
  clubId: string,
  memberId: string,
): Promise<void> {
  await tx`DELETE FROM payers WHERE club_id = ${clubId} AND member_id = ${memberId}`
}
