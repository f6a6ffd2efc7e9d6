/**
 * Writes to those whom a list of members brought in: one after the other, each until its letter is
 * handed over or refused for good. Any number of processes may do so at once.
 *
 * @module
 */
import { invitationSent, nextInvitation } from './data/invitations.ts'
import { inClub } from './database.ts'
import { isOfLetter, isRefused, type Letter } from './mail.ts'
import type { Club } from './model.ts'
import { sayIn } from './words/say.ts'
import type { Shop } from './web/desk.tsx'

/** Sends what is due, as long as the mail server can be reached. */
export async function sendInvitations(shop: Shop, club: Club): Promise<void> {
  const { send, database, nowMs, publicOrigin } = shop
  if (!send) return
  for (;;) {
    const due = await inClub(database, club.id, (tx) => nextInvitation(tx, club, nowMs()))
    if (!due) return
    const { member, token } = due
    try {
      await send(invitationLetter(club, member, joinAddress(publicOrigin, club.slug, token)))
    } catch (error) {
      if (!isOfLetter(error)) return
      if (!isRefused(error)) continue
    }
    await inClub(database, club.id, (tx) => invitationSent(tx, club.id, member.id))
  }
}

/** Where who was invited chooses a password. */
export function joinAddress(publicOrigin: string, slug: string, token: string): string {
  return `${publicOrigin}/${slug}/join/${token}`
}

export function invitationLetter(club: Club, member: Letter['member'], address: string): Letter {
  const say = sayIn(club.language)
  const subject = say('join.title', { club: club.name })
  const text = `${say('join.lead', { name: '' })}\n\n${address}`
  return { club, member, language: club.language, subject, text, kind: 'welcome' }
}

/** Nobody waits for it: what fails now is done by the next round of upkeep. */
export function soonInvite(shop: Shop, club: Club): void {
  sendInvitations(shop, club).catch(() => undefined)
}
