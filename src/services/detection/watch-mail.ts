/**
 * What the mail gateway holds back: somebody bombs a mailbox through forms, or one network or club
 * asks for more mail than people do. And what it stumbled over.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import type { Finding } from './alert.ts'
import { findingOf, HOUR_MS, text, type Peer } from './watched.ts'
import { Window, type WindowState } from './windows.ts'

const NOBODY: Peer = { role: '', database: '', address: '' }
/** The only book whose word counts here. */
const BOOK = 'mail-gateway'
/** Who floods a mailbox of its own to measure the limit. */
const PROBER = 'prober'
/** People ask again when a mail does not come; so many times within an hour they do not. */
const HELD_MIN = 10
const REFUSED_MIN = 10
const RATES = /^MAIL_(NETWORK|TENANT|DOMAIN)_RATE$/

/** What was counted within the hour: whoever makes us begin anew begins at no zero. */
export type MailState = {
  readonly held: WindowState
  readonly clubs: WindowState
  readonly refused: WindowState
}

export class MailWatch {
  /** Held back within the hour: by person, and by person and club. */
  readonly #held = new Window(HOUR_MS)
  readonly #clubs = new Window(HOUR_MS)
  readonly #refused = new Window(HOUR_MS)

  state(): MailState {
    const [held, clubs, refused] = [this.#held, this.#clubs, this.#refused]
    return { held: held.state(), clubs: clubs.state(), refused: refused.state() }
  }

  restore({ held, clubs, refused }: MailState): void {
    this.#held.restore(held)
    this.#clubs.restore(clubs)
    this.#refused.restore(refused)
  }

  see(event: RecordedEvent): readonly Finding[] {
    if (event.process !== BOOK || text(event, 'sender') === PROBER) return []
    switch (event.code) {
      case 'MAIL_WITHHELD':
        return text(event, 'why') === 'MAIL_VICTIM_LIMIT' ? this.#withheld(event) : []
      case 'MAIL_REFUSED':
        return RATES.test(text(event, 'code')) ? this.#flood(event) : []
      case 'MAIL_STUMBLED':
        return [stumbleFinding(event)]
      default:
        return []
    }
  }

  #withheld(event: RecordedEvent): readonly Finding[] {
    const person = text(event, 'person')
    const sender = text(event, 'sender')
    const at = event.timeMs
    const pair = `${person} ${sender} ${text(event, 'tenant')}`
    const isNew = this.#clubs.sum(pair, at) === 0
    this.#clubs.add(pair, at)
    const clubs = isNew ? this.#clubs.add(person, at) : this.#clubs.sum(person, at)
    const held = this.#held.add(person, at)
    if (!isTold(held, HELD_MIN)) return []
    const evidence = `${held} mails to one person held back within an hour, of ${clubs} tenants`
    return [{ ...findingOf('mail.bombing', event, NOBODY, evidence), subject: person }]
  }

  #flood(event: RecordedEvent): readonly Finding[] {
    const subject = `${text(event, 'sender')} ${text(event, 'code')} ${text(event, 'of')}`
    const refused = this.#refused.add(subject, event.timeMs)
    if (!isTold(refused, REFUSED_MIN)) return []
    const where = { ...NOBODY, role: text(event, 'sender'), address: text(event, 'of') }
    const evidence = `${refused} refused within an hour, ${text(event, 'code')}`
    return [{ ...findingOf('mail.flood', event, where, evidence), subject }]
  }
}

/** At the threshold and whenever it has doubled: a flood of mail is no flood of alerts. */
function isTold(count: number, min: number): boolean {
  return count >= min && Number.isInteger(Math.log2(count / min))
}

/** One incident for each kind of fault. */
function stumbleFinding(event: RecordedEvent): Finding {
  const subject = text(event, 'code')
  const where = text(event, 'message') === '' ? 'at its queue' : 'at one mail, which waits'
  return { ...findingOf('mail.stumbled', event, NOBODY, `${subject} ${where}`), subject }
}
