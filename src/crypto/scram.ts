/**
 * SCRAM-SHA-256, the client's half: proves a password without sending it, and makes the server
 * prove that it knows it too.
 *
 * Source: RFC 5802 (messages), RFC 7677 (SHA-256); PostgreSQL documentation, "SASL
 * Authentication": the user name stays empty, the server takes it from the startup message.
 *
 * @module
 */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { DeniedError, ProtocolError } from '#lib/errors.ts'
import type { ScramKeys } from './scram-server.ts'

/** The head of the first message, which the final message repeats: what the proof is bound to. */
const UNBOUND = 'n,,'
const BOUND = 'p=tls-server-end-point,,'
/** PostgreSQL's default is 4096. Who asks for more than this wants our time, not proof. */
const ITERATIONS_MAX = 1_000_000
const ITERATIONS_MIN = 4096
const SERVER_MESSAGE_MAX = 4096

export class ScramClient {
  readonly #secret: string | ScramKeys
  readonly #binding: Uint8Array | undefined
  readonly #nonce: string
  readonly #user: string
  #serverSignature: Buffer | undefined

  /**
   * @param nonce At least 18 random bytes as base64; never used twice.
   * @param options.password Or the keys that a proof of it, checked with the same verifier, gave.
   * @param options.binding Of the server's certificate; with it the mechanism is
   *   SCRAM-SHA-256-PLUS.
   * @param options.user Empty for PostgreSQL.
   */
  constructor(options: {
    readonly password: string | ScramKeys
    readonly nonce: string
    readonly binding?: Uint8Array | undefined
    readonly user?: string
  }) {
    const { password } = options
    this.#secret = typeof password === 'string' ? prepared(password) : password
    this.#binding = options.binding
    this.#nonce = options.nonce
    this.#user = options.user ?? ''
  }

  /** The client-first message. */
  first(): string {
    return this.#gs2() + this.#firstBare()
  }

  #gs2(): string {
    return this.#binding ? BOUND : UNBOUND
  }

  #firstBare(): string {
    return `n=${this.#user},r=${this.#nonce}`
  }

  /**
   * The client-final message, answering the server-first message.
   *
   * @throws {ProtocolError} SCRAM_MALFORMED, also when the server does not repeat our nonce.
   * @throws {DeniedError} SCRAM_KEYS_STALE when the password was changed since.
   */
  final(serverFirst: string): string {
    const { nonce, salt, iterations } = readServerFirst(serverFirst, this.#nonce)
    const { clientKey, serverKey } = this.#keys(salt, iterations)
    const bound = Buffer.concat([Buffer.from(this.#gs2()), this.#binding ?? new Uint8Array(0)])
    const withoutProof = `c=${bound.toString('base64')},r=${nonce}`
    const signed = `${this.#firstBare()},${serverFirst},${withoutProof}`
    const signature = hmac(createHash('sha256').update(clientKey).digest(), signed)
    const proof = clientKey.map((byte, at) => byte ^ signature[at]!)
    this.#serverSignature = hmac(serverKey, signed)
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
  }

  #keys(
    salt: Uint8Array,
    iterations: number,
  ): { readonly clientKey: Uint8Array; readonly serverKey: Uint8Array } {
    const secret = this.#secret
    if (typeof secret !== 'string') {
      if (secret.iterations === iterations && Buffer.compare(secret.salt, salt) === 0) return secret
      const message = 'the server has another verifier than the keys were proved with'
      throw new DeniedError('SCRAM_KEYS_STALE', message, 'authentication failed; try again')
    }
    const salted = pbkdf2Sync(secret, salt, iterations, 32, 'sha256')
    return { clientKey: hmac(salted, 'Client Key'), serverKey: hmac(salted, 'Server Key') }
  }

  /**
   * Checks the server-final message: only who knows the password's verifier can have made it.
   *
   * @throws {ProtocolError} SCRAM_MALFORMED.
   * @throws {DeniedError} SCRAM_SERVER_UNPROVEN when it is not the server of this password.
   */
  verify(serverFinal: string): void {
    const expected = this.#serverSignature
    const given = /^v=([A-Za-z0-9+/=]+)(,|$)/.exec(serverFinal)?.[1]
    if (!expected || given === undefined) throw malformed('server-final')
    const signature = Buffer.from(given, 'base64')
    if (signature.length === expected.length && timingSafeEqual(signature, expected)) return
    const message = 'the server does not know the password it asked for; it may be an impostor'
    throw new DeniedError('SCRAM_SERVER_UNPROVEN', message, 'authentication failed')
  }
}

function readServerFirst(
  message: string,
  clientNonce: string,
): { nonce: string; salt: Buffer; iterations: number } {
  if (message.length > SERVER_MESSAGE_MAX) throw malformed('server-first')
  const pattern = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+=*),i=([1-9][0-9]{0,8})(,|$)/
  const [, nonce = '', salt = '', count = ''] = pattern.exec(message) ?? []
  if (!nonce.startsWith(clientNonce) || nonce === clientNonce) throw malformed('server-first')
  const iterations = Number(count)
  if (iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX) {
    const allowed = `${ITERATIONS_MIN} to ${ITERATIONS_MAX}`
    throw new ProtocolError('SCRAM_MALFORMED', `${iterations} iterations, allowed are ${allowed}`)
  }
  return { nonce, salt: Buffer.from(salt, 'base64'), iterations }
}

/**
 * SASLprep (RFC 4013) as PostgreSQL applies it: a password it does not allow is used as it is.
 * (pg_saslprep in saslprep.c; unassigned code points count as allowed here, which only matters for
 * passwords that mix them with characters NFKC changes.)
 */
function prepared(password: string): string {
  if (/^[\x20-\x7e]*$/.test(password)) return password
  const mapped = password
    .replace(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu, ' ')
    .replace(mappedToNothing, '')
    .normalize('NFKC')
  const prohibited = /[\p{Cc}\p{Co}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\uffff]/u
  return mapped === '' || prohibited.test(mapped) ? password : mapped
}

/** RFC 3454, table B.1. */
const mappedToNothing =
  /\u00ad|\u034f|\u1806|\u180b|\u180c|\u180d|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function malformed(which: string): ProtocolError {
  return new ProtocolError('SCRAM_MALFORMED', `the ${which} message is not as RFC 5802 says`)
}
