/**
 * What must happen though nobody asks: places not taken in time are given on, those who were
 * offered one are written to, history and people past their time are forgotten, money that is owed
 * goes back.
 *
 * Each step is a transaction of its own that any number of processes may run at once.
 *
 * @module
 */
import { allClubs } from './data/clubs.ts'
import { freeMissed } from './data/checkins.ts'
import { passOn, toTell } from './data/waits.ts'
import { codeOf, inClub } from './database.ts'
import { sendInvitations } from './invitations.ts'
import type { Club } from './model.ts'
import { whenWords } from './pages/layout.tsx'
import { giveBack } from './refunds.ts'
import { sayIn } from './words/say.ts'
import type { Shop } from './web/desk.tsx'

const EVERY_MS = 20_000

/** Runs upkeep until disposed. @param report Told of a club's failure by its code. */
export function startUpkeep(shop: Shop, report: (line: object) => void): AsyncDisposable {
  const stop = new AbortController()
  const work = (async () => {
    while (!stop.signal.aborted) {
      await pause(EVERY_MS, stop.signal)
      if (stop.signal.aborted) return
      await keepUp(shop, report)
      await shop.hooks?.all()
    }
  })()
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await work
    },
  }
}

/** One round over all clubs. A club that fails is reported, and the next one had its turn. */
export async function keepUp(shop: Shop, report: (line: object) => void): Promise<void> {
  try {
    for (const club of await allClubs(shop.database)) await keepClub(shop, club)
  } catch (error) {
    report({ upkeep: 'failed', code: codeOf(error) })
  }
}

async function keepClub(shop: Shop, club: Club): Promise<void> {
  const nowMs = shop.nowMs()
  await inClub(shop.database, club.id, (tx) => freeMissed(tx, club, nowMs))
  await inClub(shop.database, club.id, (tx) => passOn(tx, club, nowMs))
  await inClub(shop.database, club.id, (tx) => tx`SELECT forget_history()`)
  await inClub(shop.database, club.id, (tx) => tx`SELECT forget_people(${new Date(nowMs)})`)
  await tellOffered(shop, club)
  await giveBack(shop, club)
  await sendInvitations(shop, club)
}

/** Writes to those who have a place held; what stands on their page says the same. */
export async function tellOffered(shop: Shop, club: Club): Promise<void> {
  if (!shop.write) return
  const offers = await inClub(shop.database, club.id, (tx) => toTell(tx, club.id, shop.nowMs()))
  for (const { member, courtName, startMs } of offers) {
    const language = member.language ?? club.language
    const say = sayIn(language)
    const when = whenWords(club.zone, startMs, language)
    const text = `${say('notice.freed', { court: courtName, when })}\n\n${shop.publicOrigin}/${club.slug}/wait`
    shop.write({ club, member, language, subject: say('wait.title'), text, kind: 'places' })
  }
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    stop.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
