/**
 * Every moment in the life of a mail, inside the gateway's own process, by name: before a question
 * to the database, once it is on its way, once it is answered; the same of the record, and of each
 * line that goes to, or comes from, whoever hands in or receives. The process ends itself with
 * SIGKILL at the one it is told: nothing of it runs after that moment.
 */
import { Socket } from 'node:net'
import pg from 'pg'
import type { AuditTrail } from '#audit/trail.ts'

/** The n-th time that something of this name happens. */
export type Moment = { readonly name: string; readonly nth: number }

/** What the parent says to the process, and hears of it. */
export type StepOrder =
  /** Begins to count; at `fatal` the process is gone. */
  | { readonly order: 'begin'; readonly fatal: Moment | undefined }
  | { readonly order: 'shift'; readonly ms: number }
  | { readonly order: 'tell' }
export type StepAnswer =
  | { readonly ready: { readonly port: number; readonly apiPort: number | undefined } }
  | { readonly begun: true }
  | { readonly moments: readonly Moment[] }

export class Steps {
  readonly #counts = new Map<string, number>()
  #moments: Moment[] = []
  #fatal: Moment | undefined

  begin(fatal: Moment | undefined): void {
    this.#counts.clear()
    this.#moments = []
    this.#fatal = fatal
  }

  /** In the order in which they came. */
  get moments(): readonly Moment[] {
    return this.#moments
  }

  pass(name: string): void {
    const nth = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, nth)
    this.#moments.push({ name, nth })
    if (this.#fatal?.name === name && this.#fatal.nth === nth) process.kill(process.pid, 'SIGKILL')
  }
}

/** What the gateway asks of its database, in words. */
const questions: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/^begin/i, 'begin'],
  [/take_rates/, 'count what was handed in'],
  [/accept_mail/, 'keep the mail'],
  [/insert into submitted/, 'keep the key of the request'],
  [/update submitted/, 'keep the answer'],
  [/^commit/i, 'commit'],
  [/select domain from delivery/, 'look for due mail'],
  [/^with due/, 'claim due mail'],
  [/from subscription where id/, 'ask for the choice of its reader'],
  [/unnest\(\$1::uuid/, 'write its end'],
  [/set claimed_by = null, next_at/, 'write when to try again'],
]

/** Every question to PostgreSQL of this process. */
export function watchDatabase(steps: Steps): void {
  type Query = (this: pg.Client, ...given: unknown[]) => unknown
  const prototype = pg.Client.prototype as unknown as { query: Query }
  const { query } = prototype
  prototype.query = function (...given) {
    const [first] = given
    const sql = typeof first === 'string' ? first : String((first as { text?: string }).text)
    const words = questions.find(([pattern]) => pattern.test(sql))?.[1]
    if (words === undefined) return query.apply(this, given)
    const told = given.at(-1)
    if (typeof told === 'function')
      given[given.length - 1] = (...result: unknown[]) => {
        steps.pass(`answered: ${words}`)
        ;(told as (...result: unknown[]) => void)(...result)
      }
    steps.pass(`before: ${words}`)
    const asked = query.apply(this, given)
    steps.pass(`asked: ${words}`)
    if (!(asked instanceof Promise)) return asked
    return asked.then((result: unknown) => {
      steps.pass(`answered: ${words}`)
      return result
    })
  }
}

export function watchTrail(steps: Steps, trail: AuditTrail): AuditTrail {
  return {
    flush: () => trail.flush(),
    append: (events) => {
      const codes = events.map(({ code }) => code).join(' ')
      steps.pass(`before: record ${codes}`)
      const done = trail.append(events)
      steps.pass(`recorded: ${codes}`)
      return done
    },
  }
}

/** Every line that this process says to others, and hears of them; TLS or not. */
export function watchSockets(steps: Steps): void {
  type Write = (this: Socket, chunk: unknown, ...rest: unknown[]) => boolean
  const prototype = Socket.prototype as unknown as { write: Write; push: Write }
  const { write, push } = prototype
  prototype.write = function (chunk, ...rest) {
    const words = wordsOf(chunk)
    if (words !== undefined) steps.pass(`before: say ${words}`)
    const done = write.call(this, chunk, ...rest)
    if (words !== undefined) steps.pass(`said: ${words}`)
    return done
  }
  prototype.push = function (chunk, ...rest) {
    const words = wordsOf(chunk)
    if (words !== undefined) steps.pass(`heard: ${words}`)
    const more = push.call(this, chunk, ...rest)
    if (words !== undefined) steps.pass(`heeded: ${words}`)
    return more
  }
}

/** The end of a message, in one piece with it or alone. */
const MESSAGE_END = '\r\n.\r\n'

function wordsOf(chunk: unknown): string | undefined {
  if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return undefined
  const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1')
  if (text.endsWith(MESSAGE_END)) return 'the message'
  const command = /^(EHLO|MAIL FROM|RCPT TO|DATA|RSET|QUIT)\b/.exec(text)?.[1]
  if (command !== undefined) return command
  const reply = /^(\d{3})[ -][^\0]*\r\n$/.exec(text)?.[1]
  if (reply !== undefined) return /queued/.test(text) ? `${reply} to the message` : reply
  if (text.startsWith('POST ')) return 'the request'
  return /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]
}
