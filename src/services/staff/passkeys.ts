/**
 * Passkeys: WebAuthn with user verification, so that one gesture is two proofs.
 *
 * A challenge is remembered for five minutes and used once.
 *
 * @module
 */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server'
import type { Desk } from './desk.ts'
import { keepPasskey, passkeyById, passkeysOf, usePasskey } from './factors.ts'
import * as store from './store.ts'

const CHALLENGE_MS = 300_000
const CHALLENGES_MAX = 10_000

export class Passkeys {
  readonly #desk: Desk
  readonly #origin: string
  readonly #rpId: string
  readonly #challenges = new Map<string, { readonly for: string; readonly untilMs: number }>()

  constructor(desk: Desk) {
    this.#desk = desk
    this.#origin = desk.ports.publicOrigin
    this.#rpId = new URL(this.#origin).hostname
  }

  async toSetUp(account: store.Account): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const held = await passkeysOf(this.#desk.ports.pool, account.id)
    const options = await generateRegistrationOptions({
      excludeCredentials: held.map(({ id }) => ({ id })),
      rpName: this.#desk.config.issuer,
      rpID: this.#rpId,
      userName: account.name,
      userID: new Uint8Array(Buffer.from(account.id)),
      attestationType: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
    this.#remember(options.challenge, account.id)
    return options
  }

  /** @returns Whether the passkey was kept. */
  async setUp(
    account: store.Account,
    response: RegistrationResponseJSON,
    label: string,
  ): Promise<boolean> {
    const verified = await verifyRegistrationResponse({
      response,
      expectedChallenge: (challenge) => this.#use(challenge, account.id),
      expectedOrigin: this.#origin,
      expectedRPID: this.#rpId,
      requireUserVerification: true,
    }).catch(() => undefined) // malformed or forged: both are a no
    if (!verified?.verified) return false
    const { id, publicKey, counter, transports } = verified.registrationInfo.credential
    const kept = { id, accountId: account.id, publicKey, counter, label }
    await keepPasskey(this.#desk.ports.pool, { ...kept, transports: transports ?? [] })
    return true
  }

  async toSignIn(): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const options = await generateAuthenticationOptions({
      rpID: this.#rpId,
      userVerification: 'required',
    })
    this.#remember(options.challenge, '')
    return options
  }

  /** The account whose passkey it is. */
  async signIn(response: AuthenticationResponseJSON): Promise<store.Account | undefined> {
    const { pool } = this.#desk.ports
    const passkey = typeof response.id === 'string' && (await passkeyById(pool, response.id))
    if (!passkey) return undefined
    const account = await store.accountById(pool, passkey.accountId)
    if (account?.state !== 'active') return undefined
    const verified = await verifyAuthenticationResponse({
      response,
      expectedChallenge: (challenge) => this.#use(challenge, ''),
      expectedOrigin: this.#origin,
      expectedRPID: this.#rpId,
      requireUserVerification: true,
      credential: {
        id: passkey.id,
        publicKey: new Uint8Array(passkey.publicKey),
        counter: passkey.counter,
      },
    }).catch(() => undefined) // malformed, forged or of a copied key: all are a no
    const counter = verified?.authenticationInfo.newCounter ?? 0
    if (verified?.verified && (await usePasskey(pool, passkey.id, counter))) return account
    await this.#desk.record('STAFF_PASSKEY_WRONG', account.name)
    return undefined
  }

  #remember(challenge: string, account: string): void {
    const nowMs = this.#desk.ports.clock.nowMs()
    for (const [old, { untilMs }] of this.#challenges) {
      if (untilMs > nowMs && this.#challenges.size < CHALLENGES_MAX) break
      this.#challenges.delete(old)
    }
    this.#challenges.set(challenge, { for: account, untilMs: nowMs + CHALLENGE_MS })
  }

  #use(challenge: string, account: string): boolean {
    const found = this.#challenges.get(challenge)
    this.#challenges.delete(challenge)
    return found?.for === account && found.untilMs > this.#desk.ports.clock.nowMs()
  }
}
