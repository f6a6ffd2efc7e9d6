/**
 * What one connection tells the record outside its statements. Nothing here throws when the record
 * fails: the gateway knows of it then, and ends everything.
 *
 * @module
 */
import type { AuditDetail, AuditEvent } from '#audit/trail.ts'
import { FaultError, type ProtocolError } from '#lib/errors.ts'
import type { Journal } from './journal.ts'
import type { Identity } from './policy.ts'

export type NotesOptions = {
  readonly session: string
  readonly address: string
  readonly journal: Journal
  /** Records what somebody did who has not logged in; repeats are summed up. */
  readonly stranger: (code: string, address: string, detail: AuditDetail) => void
}

export class Notes {
  readonly #options: NotesOptions

  constructor(options: NotesOptions) {
    this.#options = options
  }

  stranger(code: string, detail: AuditDetail): void {
    const { stranger, address } = this.#options
    quietly(() => stranger(code, address, detail))
  }

  append(events: readonly AuditEvent[]): void {
    quietly(() => void this.#options.journal.append(events))
  }

  /** Each failure is a record of its own: who guesses passwords must not hide in a sum. */
  loginFailed(identity: Identity | undefined, cause: AuditDetail): void {
    const detail = { address: this.#options.address, ...identity, ...cause }
    this.append([{ code: 'DB_LOGIN_FAILED', detail }])
  }

  violation({ code: reason }: ProtocolError, isSession: boolean): void {
    if (!isSession) return this.stranger('DB_PROTOCOL_VIOLATION', { reason })
    const { session, address } = this.#options
    this.append([{ code: 'DB_PROTOCOL_VIOLATION', detail: { session, address, reason } }])
  }
}

function quietly(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
  }
}
