/**
 * A refusal as a sentence: the rule by its name, and when it would pass.
 *
 * @module
 */
import { whenWords } from '../pages/layout.tsx'
import type { Refusal } from '../policy.ts'
import { clockLabel, minuteLabel } from '../time.ts'
import type { Visit } from './visit.ts'

const quotaKeys = {
  day: 'refuse.quotaDay',
  week: 'refuse.quotaWeek',
  upcoming: 'refuse.quotaUpcoming',
} as const

export function refusalWords(refusal: Refusal, { say, club, language }: Visit): string {
  const when = (instantMs: number): string => whenWords(club.zone, instantMs, language)
  switch (refusal.rule) {
    case 'past':
      return say('refuse.past')
    case 'hours':
      return say('refuse.hours', {
        from: minuteLabel(club.opensMinute),
        to: minuteLabel(club.closesMinute),
      })
    case 'length':
      return say('refuse.length', { min: refusal.minMinutes, max: refusal.maxMinutes })
    case 'ahead': {
      const { name, daysAhead } = refusal.subscription
      return say('refuse.ahead', { rule: name, n: daysAhead, when: when(refusal.passesAtMs) })
    }
    case 'partner':
      return say('refuse.partner', { n: refusal.partnersMin })
    case 'twice': {
      const { court, startMs, endMs } = refusal.standing
      const [from, to] = [clockLabel(club.zone, startMs), clockLabel(club.zone, endMs)]
      return say('refuse.twice', { court: court.name, from, to })
    }
    case 'suspended': {
      const { misses, passesAtMs } = refusal
      return say('refuse.suspended', { n: misses, when: when(passesAtMs) })
    }
    case 'seats':
      return say('refuse.seats', { n: refusal.max })
    case 'guests': {
      const sentence = say('refuse.guests', { n: refusal.max, used: refusal.used })
      if (refusal.passesAtMs === undefined) return sentence
      return `${sentence} ${say('refuse.passesFor', { when: when(refusal.passesAtMs) })}`
    }
    case 'tickets':
      return say('refuse.tickets', { n: refusal.needed, balance: refusal.balance })
    case 'quota': {
      const { quota } = refusal.use
      const sentence = say(quotaKeys[quota.period], { rule: quota.name, n: quota.bookingsMax })
      if (refusal.passesAtMs === undefined) return sentence
      const key = quota.period === 'upcoming' ? 'refuse.passesAfter' : 'refuse.passesFor'
      return `${sentence} ${say(key, { when: when(refusal.passesAtMs) })}`
    }
  }
}
