/** Invitations, with a mail server that is away, refuses, and comes back. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addMembers, NOW_MS, startReservations } from '../test/kit.ts'
import { invited, inviteSoon } from './data/invitations.ts'
import { inClub } from './database.ts'
import { sendInvitations } from './invitations.ts'
import type { Letter } from './mail.ts'

const service = await startReservations()
const { database, superuser, zuiderpark: club } = service
after(() => service[Symbol.asyncDispose]())

let nowMs = NOW_MS
const sent: { readonly to: string; readonly token: string }[] = []
const tokenOf = (text: string): string =>
  /\/join\/([\w-]{43})$/.exec(text)?.[1] ?? assert.fail(text)
const keep = async ({ member, text }: Letter): Promise<void> => {
  sent.push({ to: member.email, token: tokenOf(text) })
  return await Promise.resolve()
}
const shop = (send: (letter: Letter) => Promise<void>): Parameters<typeof sendInvitations>[0] => ({
  database,
  publicOrigin: 'https://club.example',
  demo: false,
  nowMs: () => nowMs,
  send,
})
const fails = (fault: object) => (): Promise<void> =>
  Promise.reject(Object.assign(new Error('no'), fault))
const due = async (): Promise<number> =>
  (await superuser<{ n: number }[]>`SELECT count(*)::int AS n FROM invitations_due`)[0]?.n ?? -1
const opens = async (token: string): Promise<string | undefined> =>
  (await inClub(database, club.id, (tx) => invited(tx, club.id, token, nowMs)))?.id

test('invitations: a server that is away loses none; each arrives once, with a link that opens', async () => {
  const ids = await addMembers(service, club, 3)
  await inClub(database, club.id, (tx) => inviteSoon(tx, club.id, ids))
  await sendInvitations(shop(fails({ code: 'ECONNREFUSED' })), club)
  await sendInvitations(shop(fails({ code: 'EAUTH', responseCode: 535 })), club)
  assert.equal(await due(), 3)
  nowMs += 61_000
  await Promise.all([1, 2].map(() => sendInvitations(shop(keep), club)))
  assert.equal(sent.length, 3)
  assert.equal(await due(), 0)
  const opened = await Promise.all(sent.map(({ token }) => opens(token)))
  assert.deepEqual(new Set(opened), new Set(ids))
  const [row] = await superuser<{ n: number }[]>`SELECT count(*)::int AS n FROM invitations
    WHERE member_id IN ${superuser(ids)}`
  assert.equal(row?.n, 3, 'links of attempts that failed are gone')
})

test('invitations: a receiver that does not answer holds up nobody; one refused for good ends', async () => {
  const [slow = '', gone = '', fine = ''] = await addMembers(service, club, 3)
  await inClub(database, club.id, (tx) => inviteSoon(tx, club.id, [slow, gone, fine]))
  const emails = await superuser<{ id: string; email: string }[]>`
    SELECT id, email FROM members WHERE id IN ${superuser([slow, gone])}`
  const idOf = new Map(emails.map(({ id, email }) => [email, id]))
  sent.length = 0
  nowMs += 1_000
  const picky = async (letter: Letter): Promise<void> => {
    const id = idOf.get(letter.member.email)
    if (id === slow) await fails({ code: 'EENVELOPE', responseCode: 450 })()
    if (id === gone) await fails({ code: 'EENVELOPE', responseCode: 550 })()
    await keep(letter)
  }
  await sendInvitations(shop(picky), club)
  assert.equal(sent.length, 1)
  assert.equal(await opens(sent[0]?.token ?? ''), fine)
  assert.equal(await due(), 1)
  nowMs += 61_000
  await sendInvitations(shop(keep), club)
  assert.equal(await opens(sent[1]?.token ?? ''), slow)
})
