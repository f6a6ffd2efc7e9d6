/**
 * The login, between StartupMessage and the first ReadyForQuery: who proves what to whom.
 *
 * How the proof is made is an `Authentication`: scram-termination.ts ends the client's SCRAM
 * exchange here, `ScramRelay` hands it through to the server. The gateway never has a password. A
 * server that would let the client in without proof (a `trust` line), or asks for the password
 * itself, is refused: the claim is that every user proves an identity.
 *
 * Source: PostgreSQL documentation, "Start-up" and "SASL Authentication".
 *
 * @module
 */
import { DeniedError, ProtocolError } from '#lib/errors.ts'
import { readError, readParameter } from '#protocol/postgres/command-tag.ts'
import { encodeBackendKey, encodeMessage } from '#protocol/postgres/encode.ts'
import { int32 } from '#protocol/postgres/frame.ts'
import type { CancelKey } from './cancel-keys.ts'
import type { Message } from '#protocol/postgres/message-buffer.ts'
import { ClientReading } from './client-reading.ts'

/** What to do with a message of the login. */
export type LoginStep =
  | { readonly do: 'to-client' | 'to-server'; readonly bytes: Uint8Array }
  /** The server refused; its error goes to the client, and both are done. */
  | {
      readonly do: 'failed'
      readonly bytes: Uint8Array
      readonly sqlstate: string
      /** For the record only. */
      readonly reason?: string
    }
  | { readonly do: 'ready'; readonly bytes: Uint8Array }
  | { readonly do: 'leave' }

/** One way to prove an identity to the server. */
export interface Authentication {
  /** @throws {DeniedError | ProtocolError} When the server asks for something weaker. */
  fromServer(request: number, data: Uint8Array): LoginStep
  /** @throws {DeniedError | ProtocolError} */
  fromClient(body: Uint8Array): LoginStep
  /** Whether the next word is the client's. */
  readonly clientTurn: boolean
  readonly done: boolean
  /** For the record: how the user proved it. */
  readonly method: string
}

/** What an AuthenticationRequest asks for or says; all else is weaker than we take. */
export const AUTHENTICATION = { ok: 0, sasl: 10, saslContinue: 11, saslFinal: 12 } as const
const MECHANISM = 'SCRAM-SHA-256'

/**
 * SCRAM-SHA-256 end to end. The server's offer of channel binding is taken out, because a client
 * would bind to our certificate, which is not the server's.
 */
export class ScramRelay implements Authentication {
  readonly method: string = MECHANISM
  #next: 'offer' | 'initial' | 'challenge' | 'response' | 'final' | 'ok' | 'done' = 'offer'

  get clientTurn(): boolean {
    return this.#next === 'initial' || this.#next === 'response'
  }

  get done(): boolean {
    return this.#next === 'done'
  }

  fromServer(request: number, data: Uint8Array): LoginStep {
    if (request === AUTHENTICATION.sasl && this.#next === 'offer') {
      if (!mechanismsIn(data).includes(MECHANISM)) throw weak(request)
      this.#next = 'initial'
      const offer = Buffer.from(`${MECHANISM}\0\0`, 'latin1')
      return { do: 'to-client', bytes: authenticationRequest(AUTHENTICATION.sasl, offer) }
    }
    const { saslContinue, saslFinal, ok } = AUTHENTICATION
    if (request === saslContinue && this.#next === 'challenge') this.#next = 'response'
    else if (request === saslFinal && this.#next === 'final') this.#next = 'ok'
    else if (request === ok && this.#next === 'ok') this.#next = 'done'
    else throw weak(request)
    return { do: 'to-client', bytes: authenticationRequest(request, data) }
  }

  fromClient(body: Uint8Array): LoginStep {
    if (this.#next === 'initial') {
      const end = body.indexOf(0)
      const mechanism = Buffer.from(body.subarray(0, Math.max(end, 0))).toString('latin1')
      if (mechanism !== MECHANISM) throw loginViolation(`mechanism ${JSON.stringify(mechanism)}`)
      this.#next = 'challenge'
    } else if (this.#next === 'response') this.#next = 'final'
    else throw loginViolation('a password message out of turn')
    return { do: 'to-server', bytes: encodeMessage('p', body) }
  }
}

export class Login {
  readonly #authentication: Authentication
  readonly #ownKeyFor: (backend: CancelKey) => CancelKey
  #backendKey: CancelKey | undefined
  #application = ''
  /** How the server will read this client's texts. */
  readonly reading: ClientReading = new ClientReading()

  /** @param ownKeyFor What the client will cancel with; the server's key stays here. */
  constructor(authentication: Authentication, ownKeyFor: (backend: CancelKey) => CancelKey) {
    this.#authentication = authentication
    this.#ownKeyFor = ownKeyFor
  }

  /** Whether a message of the client is wanted now. */
  get clientTurn(): boolean {
    return this.#authentication.clientTurn
  }

  /** The server's key, once it sent one. */
  get backendKey(): CancelKey | undefined {
    return this.#backendKey
  }

  /** The application_name the server has taken on. */
  get application(): string {
    return this.#application
  }

  get method(): string {
    return this.#authentication.method
  }

  /** @throws {DeniedError | ProtocolError} Both are to be hung up on. */
  fromServer(message: Message): LoginStep {
    const { type, body, bytes } = message
    if (type === 'N') return { do: 'to-client', bytes }
    if (type === 'E') return { do: 'failed', bytes, sqlstate: readError(body).sqlstate }
    if (type === 'R' && body.length >= 4) {
      return this.#authentication.fromServer(int32(body, 0), body.subarray(4))
    }
    if (!this.#authentication.done)
      throw loginViolation(`server type ${type} before authentication`)
    if (type === 'S') {
      const parameter = readParameter(body)
      if (parameter?.name === 'application_name') this.#application = parameter.value
      if (parameter) this.reading.reported(parameter.name, parameter.value)
      return { do: 'to-client', bytes }
    }
    if (type === 'K' && body.length === 8 && !this.#backendKey) {
      this.#backendKey = { pid: int32(body, 0), key: body.slice(4) }
      const { pid, key } = this.#ownKeyFor(this.#backendKey)
      return { do: 'to-client', bytes: encodeBackendKey(pid, key) }
    }
    if (type === 'Z') return { do: 'ready', bytes }
    throw loginViolation(`server type ${type} at login`)
  }

  /** @throws {DeniedError | ProtocolError} Both are to be hung up on. */
  fromClient(message: Message): LoginStep {
    if (message.type === 'X') return { do: 'leave' }
    if (message.type !== 'p') throw loginViolation(`client type ${message.type} at login`)
    return this.#authentication.fromClient(message.body)
  }
}

/** Names in a server's AuthenticationSASL. */
export function mechanismsIn(data: Uint8Array): string[] {
  return Buffer.from(data).toString('latin1').split('\0').filter(Boolean)
}

export function authenticationRequest(request: number, data?: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4)
  head.writeInt32BE(request)
  return encodeMessage('R', data ? Buffer.concat([head, data]) : head)
}

export function weak(request: number): DeniedError {
  return new DeniedError(
    'DB_SERVER_AUTH_WEAK',
    `the server answered with authentication request ${request} instead of ${MECHANISM}`,
    'The database server does not ask this user for SCRAM-SHA-256, so nobody is let in as it.',
  )
}

export function loginViolation(message: string): ProtocolError {
  return new ProtocolError('PG_LOGIN_INVALID', message)
}
