/**
 * Writes to those whom a list of members brought in: one after the other, each until its letter is
 * handed over or refused for good. Any number of processes may do so at once.
 *
 * @module
 */
import { invitationSent, nextInvitation } from './data/invitations.ts'
import { inClub } from './database.ts'
import { isOfLetter, isRefused } from './mail.ts'
import type { Club } from './model.ts'
import { sayIn } from './words/say.ts'
import type { Shop } from './web/desk.tsx'

/** Sends what is due, as long as the mail server can be reached. */
export async function sendInvitations(shop: Shop, club: Club): Promise<void> {
  const { send, database, nowMs, publicOrigin } = shop
  if (!send) return
  const say = sayIn(club.language)
  for (;;) {
    const due = await inClub(database, club.id, (tx) => nextInvitation(tx, club, nowMs()))
    if (!due) return
    const { member, token } = due
    const subject = say('join.title', { club: club.name })
    const lead = say('join.lead', { name: '' })
    const text = `${lead}\n\n${publicOrigin}/${club.slug}/join/${token}`
    try {
      await send({ club, member, language: club.language, subject, text, kind: 'welcome' })
    } catch (error) {
      if (!isOfLetter(error)) return
      if (!isRefused(error)) continue
    }
    await inClub(database, club.id, (tx) => invitationSent(tx, club.id, member.id))
  }
}

/** Nobody waits for it: what fails now is done by the next round of upkeep. */
export function soonInvite(shop: Shop, club: Club): void {
  sendInvitations(shop, club).catch(() => undefined)
}
