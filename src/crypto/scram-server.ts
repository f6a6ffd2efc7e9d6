/**
 * SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, the server's half: checks a proof with nothing but the
 * verifier PostgreSQL keeps, and recovers the key with which the password proves itself elsewhere.
 *
 * Source: RFC 5802 (messages, section 5; channel binding, section 6), RFC 7677; auth-scram.c of
 * PostgreSQL 18, whose order of checks and mock authentication this follows.
 *
 * @module
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { DeniedError, ProtocolError } from '#lib/errors.ts'

/** What PostgreSQL keeps in place of a password: `rolpassword` of pg_authid, read. */
export type ScramVerifier = {
  readonly iterations: number
  readonly salt: Uint8Array
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
  /** Made up for a user who has none: nothing proves it. */
  readonly mock: boolean
}

/** What a proved password opens: enough to prove it to whoever keeps the same verifier. */
export type ScramKeys = Pick<ScramVerifier, 'iterations' | 'salt' | 'serverKey'> & {
  readonly clientKey: Uint8Array
}

export const SCRAM = 'SCRAM-SHA-256'
export const SCRAM_PLUS = 'SCRAM-SHA-256-PLUS'

const KEY_SIZE = 32
const ITERATIONS = 4096
const MESSAGE_MAX = 4096
const VERIFIER =
  /^SCRAM-SHA-256\$([1-9][0-9]{0,8}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/

/** Reads a verifier; undefined for MD5 and anything else. */
export function readScramVerifier(text: string): ScramVerifier | undefined {
  const [, iterations = '', salt = '', stored = '', server = ''] = VERIFIER.exec(text) ?? []
  const [storedKey, serverKey] = [Buffer.from(stored, 'base64'), Buffer.from(server, 'base64')]
  if (storedKey.length !== KEY_SIZE || serverKey.length !== KEY_SIZE) return undefined
  const saltBytes = Buffer.from(salt, 'base64')
  return { iterations: Number(iterations), salt: saltBytes, storedKey, serverKey, mock: false }
}

/**
 * A verifier for somebody who has none, the same each time, so that strangers cannot tell whether
 * a user exists.
 *
 * @param secret 32 random bytes of this process or ring.
 */
export function mockScramVerifier(secret: Uint8Array, user: string): ScramVerifier {
  const made = (what: string): Buffer =>
    createHmac('sha256', secret).update(`${what}\0${user}`).digest()
  const salt = made('salt').subarray(0, 16)
  const [storedKey, serverKey] = [made('stored'), made('server')]
  return { iterations: ITERATIONS, salt, storedKey, serverKey, mock: true }
}

/** One exchange with one client. */
export class ScramServer {
  readonly #verifier: ScramVerifier
  readonly #nonce: string
  readonly #binding: Uint8Array | undefined
  #bare = ''
  #gs2 = ''
  #fullNonce = ''
  #serverFirst = ''

  /**
   * @param options.nonce At least 18 random bytes as base64; never used twice.
   * @param options.binding Of the certificate shown; undefined where there is none to bind to.
   */
  constructor(options: {
    readonly verifier: ScramVerifier
    readonly nonce: string
    readonly binding: Uint8Array | undefined
  }) {
    this.#verifier = options.verifier
    this.#nonce = options.nonce
    this.#binding = options.binding
  }

  /** What to offer, the best first. */
  get mechanisms(): readonly string[] {
    return this.#binding ? [SCRAM_PLUS, SCRAM] : [SCRAM]
  }

  /**
   * Takes the client-first message, gives server-first.
   *
   * @throws {ProtocolError} SCRAM_MALFORMED.
   * @throws {DeniedError} SCRAM_BINDING_REFUSED when somebody took our offer of binding away.
   */
  first(mechanism: string, message: string): string {
    const pattern =
      /^(p=[A-Za-z0-9.-]+|[yn]),(a=[^,]*)?,((?:n=[^,]*),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s
    const [, flag = '', authorization, bare = '', nonce = ''] = pattern.exec(message) ?? []
    if (message.length > MESSAGE_MAX || nonce === '' || authorization !== undefined) {
      throw malformed('client-first')
    }
    if (!this.mechanisms.includes(mechanism)) throw malformed('mechanism')
    if ((mechanism === SCRAM_PLUS) !== flag.startsWith('p='))
      throw malformed('channel binding flag')
    if (flag.startsWith('p=') && flag !== 'p=tls-server-end-point') throw malformed('binding type')
    // The client could have bound and believes we cannot: somebody in between told it so.
    if (flag === 'y' && this.#binding) throw refusedBinding('the client was told we do not bind')
    this.#gs2 = `${flag},,`
    this.#bare = bare
    this.#fullNonce = nonce + this.#nonce
    const { salt, iterations } = this.#verifier
    const salt64 = Buffer.from(salt).toString('base64')
    this.#serverFirst = `r=${this.#fullNonce},s=${salt64},i=${iterations}`
    return this.#serverFirst
  }

  /**
   * Takes the client-final message, gives server-final and the keys.
   *
   * @throws {ProtocolError} SCRAM_MALFORMED.
   * @throws {DeniedError} SCRAM_BINDING_REFUSED or SCRAM_PROOF_WRONG.
   */
  final(message: string): { readonly serverFinal: string; readonly keys: ScramKeys } {
    const pattern = /^(c=([A-Za-z0-9+/=]+),r=([^,]+)(?:,[^p][^,]*)*),p=([A-Za-z0-9+/=]+)$/s
    const [, withoutProof = '', bound = '', nonce = '', proof64 = ''] = pattern.exec(message) ?? []
    const proof = Buffer.from(proof64, 'base64')
    const isSound = message.length <= MESSAGE_MAX && proof.length === KEY_SIZE
    if (!isSound || nonce !== this.#fullNonce) throw malformed('client-final')
    const isBound = this.#gs2.startsWith('p=')
    const expected = Buffer.concat([
      Buffer.from(this.#gs2),
      (isBound ? this.#binding : undefined) ?? new Uint8Array(0),
    ])
    if (!same(Buffer.from(bound, 'base64'), expected)) {
      throw refusedBinding('the client was shown another certificate than ours')
    }
    const { storedKey, serverKey, salt, iterations, mock } = this.#verifier
    const signed = `${this.#bare},${this.#serverFirst},${withoutProof}`
    const signature = hmac(storedKey, signed)
    const clientKey = proof.map((byte, at) => byte ^ (signature[at] ?? 0))
    const proved = same(createHash('sha256').update(clientKey).digest(), storedKey)
    if (!proved || mock) {
      throw new DeniedError('SCRAM_PROOF_WRONG', 'a wrong password', 'authentication failed')
    }
    const serverFinal = `v=${hmac(serverKey, signed).toString('base64')}`
    return { serverFinal, keys: { iterations, salt, serverKey, clientKey } }
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function refusedBinding(why: string): DeniedError {
  return new DeniedError('SCRAM_BINDING_REFUSED', why, 'SCRAM channel binding check failed')
}

function malformed(which: string): ProtocolError {
  return new ProtocolError('SCRAM_MALFORMED', `the ${which} is not as RFC 5802 says`)
}
