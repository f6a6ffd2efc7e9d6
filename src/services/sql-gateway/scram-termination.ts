/**
 * SCRAM ended on both legs: the client proves itself to the gateway, bound to the gateway's own
 * certificate, and the gateway proves the same password to the server with the key that the proof
 * gave it. Neither the password nor anything that outlives the login is ever here.
 *
 * Order: the server asks, we ask the client; the client's proof is checked; ours is given to the
 * server; only when the server has proved itself and said yes does the client hear yes.
 *
 * @module
 */
import { ScramClient } from '#crypto/scram.ts'
import { SCRAM, SCRAM_PLUS, type ScramServer } from '#crypto/scram-server.ts'
import { DeniedError, ProtocolError, VeiligError } from '#lib/errors.ts'
import { encodeFatal, encodeMessage } from '#protocol/postgres/encode.ts'
import { int32 } from '#protocol/postgres/frame.ts'
import type { Guess } from './guesses.ts'
import {
  AUTHENTICATION,
  authenticationRequest,
  loginViolation,
  mechanismsIn,
  weak,
  type Authentication,
  type LoginStep,
} from './login.ts'

export type ScramTerminationOptions = {
  readonly user: string
  readonly server: ScramServer
  /** For the leg to the server: fresh random bytes as base64. */
  readonly nonce: string
  /** Of this password. */
  readonly guess: Guess
  /** Of the server's certificate; undefined without TLS, or where it binds nothing. */
  readonly upstreamBinding: Uint8Array | undefined
}

type Next = 'offer' | 'initial' | 'response' | 'challenge' | 'final' | 'ok' | 'done'

export class ScramTermination implements Authentication {
  readonly #options: ScramTerminationOptions
  #next: Next = 'offer'
  #mechanism = SCRAM
  #upstreamMechanism = SCRAM
  #upstream: ScramClient | undefined
  #serverFinal = ''

  constructor(options: ScramTerminationOptions) {
    this.#options = options
  }

  get method(): string {
    return this.#mechanism
  }

  get clientTurn(): boolean {
    return this.#next === 'initial' || this.#next === 'response'
  }

  get done(): boolean {
    return this.#next === 'done'
  }

  fromServer(request: number, data: Uint8Array): LoginStep {
    const text = Buffer.from(data).toString('latin1')
    if (request === AUTHENTICATION.sasl && this.#next === 'offer') return this.#offer(data)
    if (request === AUTHENTICATION.saslContinue && this.#next === 'challenge' && this.#upstream) {
      this.#next = 'final'
      return this.#challenged(this.#upstream, text)
    }
    if (request === AUTHENTICATION.saslFinal && this.#next === 'final' && this.#upstream) {
      this.#upstream.verify(text)
      this.#next = 'ok'
      const final = Buffer.from(this.#serverFinal)
      return { do: 'to-client', bytes: authenticationRequest(AUTHENTICATION.saslFinal, final) }
    }
    if (request === AUTHENTICATION.ok && this.#next === 'ok') {
      this.#next = 'done'
      return { do: 'to-client', bytes: authenticationRequest(AUTHENTICATION.ok) }
    }
    throw weak(request)
  }

  /**
   * A server that shows another salt than the verifier's lets nobody in: the password has expired,
   * or was changed a moment ago. PostgreSQL tells neither from a wrong one, and neither do we.
   */
  #challenged(upstream: ScramClient, text: string): LoginStep {
    try {
      return { do: 'to-server', bytes: encodeMessage('p', Buffer.from(upstream.final(text))) }
    } catch (error) {
      const isStale = error instanceof VeiligError && error.code === 'SCRAM_KEYS_STALE'
      if (!isStale) throw error
      return this.#refused(error.code)
    }
  }

  fromClient(body: Uint8Array): LoginStep {
    try {
      return this.#next === 'initial' ? this.#initial(body) : this.#response(body)
    } catch (error) {
      if (error instanceof DeniedError) return this.#failed(error)
      if (!(error instanceof ProtocolError)) throw error
      throw loginViolation(error.message)
    }
  }

  #offer(data: Uint8Array): LoginStep {
    const offered = mechanismsIn(data)
    if (!offered.includes(SCRAM)) throw weak(AUTHENTICATION.sasl)
    const binds = this.#options.upstreamBinding !== undefined && offered.includes(SCRAM_PLUS)
    this.#upstreamMechanism = binds ? SCRAM_PLUS : SCRAM
    this.#next = 'initial'
    const own = Buffer.from(this.#options.server.mechanisms.map((name) => `${name}\0`).join(''))
    const offer = Buffer.concat([own, Uint8Array.of(0)])
    return { do: 'to-client', bytes: authenticationRequest(AUTHENTICATION.sasl, offer) }
  }

  #initial(body: Uint8Array): LoginStep {
    const end = body.indexOf(0)
    if (end === -1 || body.length < end + 5) throw loginViolation('no initial response')
    const size = int32(body, end + 1)
    if (size !== body.length - end - 5) throw loginViolation('an initial response cut short')
    this.#mechanism = Buffer.from(body.subarray(0, end)).toString('latin1')
    const said = Buffer.from(body.subarray(end + 5)).toString('latin1')
    const first = Buffer.from(this.#options.server.first(this.#mechanism, said))
    this.#next = 'response'
    return { do: 'to-client', bytes: authenticationRequest(AUTHENTICATION.saslContinue, first) }
  }

  #response(body: Uint8Array): LoginStep {
    if (this.#next !== 'response') throw loginViolation('a password message out of turn')
    const { server, nonce, upstreamBinding, guess } = this.#options
    if (!guess.admitted()) return this.#refused('DB_GUESSES_TOO_MANY')
    const { serverFinal, keys } = server.final(Buffer.from(body).toString('latin1'))
    guess.right()
    this.#serverFinal = serverFinal
    const binding = this.#upstreamMechanism === SCRAM_PLUS ? upstreamBinding : undefined
    this.#upstream = new ScramClient({ password: keys, nonce, binding })
    this.#next = 'challenge'
    const first = Buffer.from(this.#upstream.first())
    const head = Buffer.alloc(4)
    head.writeInt32BE(first.length)
    const mechanism = Buffer.from(`${this.#upstreamMechanism}\0`)
    const initial = Buffer.concat([mechanism, head, first])
    return { do: 'to-server', bytes: encodeMessage('p', initial) }
  }

  /** As PostgreSQL says it; why, only the record knows. */
  #failed({ code, publicMessage }: DeniedError): LoginStep {
    if (code !== 'SCRAM_PROOF_WRONG') {
      const bytes = encodeFatal('28000', publicMessage)
      return { do: 'failed', bytes, sqlstate: '28000', reason: code }
    }
    return this.#refused(code)
  }

  #refused(reason: string): LoginStep {
    const message = `password authentication failed for user "${this.#options.user}"`
    return { do: 'failed', bytes: encodeFatal('28P01', message), sqlstate: '28P01', reason }
  }
}
