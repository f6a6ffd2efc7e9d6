/**
 * Login with the company's own OpenID Connect provider: code flow with PKCE, state and nonce.
 *
 * Between the two visits nothing is kept here: the browser carries it, sealed. An account is known
 * by issuer and subject. The first time it is found by a verified address of mail that is its name,
 * and then our own second proof is asked whatever the provider says: whoever can write an address
 * into the provider's directory does not get an account of ours by it.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import * as oidc from 'openid-client'
import type { ProviderConfig } from './config.ts'
import type { Desk } from './desk.ts'
import { fetchWith } from './provider-fetch.ts'
import { seal, unseal } from './seal.ts'
import { accountById, accountByName, type Account } from './store.ts'

const LOGIN_MS = 600_000
const SEALED_FOR = 'provider login'
const NONCE_SIZE = 12

type Kept = {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly untilMs: number
}

/** Where the provider sends the browser back to. */
export const PROVIDER_BACK = '/login/provider/back'

export class Provider {
  readonly #desk: Desk
  readonly #config: ProviderConfig
  #discovered: Promise<oidc.Configuration> | undefined

  constructor(desk: Desk, config: ProviderConfig) {
    this.#desk = desk
    this.#config = config
  }

  /** Where to send the browser, and what it carries. @throws When it cannot be reached. */
  async start(): Promise<{ readonly to: string; readonly cookie: string }> {
    const { keys, clock, random, publicOrigin } = this.#desk.ports
    const verifier = oidc.randomPKCECodeVerifier()
    const kept: Kept = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier,
      untilMs: clock.nowMs() + LOGIN_MS,
    }
    const url = oidc.buildAuthorizationUrl(await this.#server(), {
      redirect_uri: publicOrigin + PROVIDER_BACK,
      scope: 'openid email',
      state: kept.state,
      nonce: kept.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const sealed = seal(keys(), SEALED_FOR, JSON.stringify(kept), random(NONCE_SIZE))
    return { to: url.href, cookie: sealed.toString('base64url') }
  }

  /**
   * @param url Path and query that the browser came back with. @param cookie What it carried.
   * @returns Whose it is and whether two proofs were seen; undefined for whatever is not right.
   */
  async finish(
    url: string,
    cookie: string,
  ): Promise<{ readonly account: Account; readonly twoProofs: boolean } | undefined> {
    const kept = this.#unsealed(cookie)
    if (!kept) return undefined
    const claims = await oidc
      .authorizationCodeGrant(await this.#server(), new URL(this.#desk.ports.publicOrigin + url), {
        pkceCodeVerifier: kept.verifier,
        expectedState: kept.state,
        expectedNonce: kept.nonce,
        idTokenExpected: true,
      })
      .then((tokens) => tokens.claims())
      .catch(async (error: unknown) => {
        // A code that was used, a state of another login, a forged token: all are a no.
        await this.#desk.record('STAFF_PROVIDER_REFUSED', '', { why: whyOf(error) })
        return undefined
      })
    if (!claims) return undefined
    const known = await this.#knownBy(claims.sub)
    if (known) return { account: known, twoProofs: this.#sawTwo(claims) }
    const account = await this.#byMail(claims)
    if (!account) return undefined
    await this.#desk.ports.pool.query(
      `insert into provider_identity (issuer, subject, account_id) values ($1, $2, $3)
       on conflict do nothing`,
      [this.#config.issuer, claims.sub, account.id],
    )
    await this.#desk.record('STAFF_PROVIDER_LINKED', account.name)
    return { account, twoProofs: false }
  }

  #sawTwo({ amr, acr }: oidc.IDToken): boolean {
    const said = [...(Array.isArray(amr) ? amr : []), acr].filter((one) => typeof one === 'string')
    return said.some((one) => this.#config.twoProofs.includes(one))
  }

  async #knownBy(subject: string): Promise<Account | undefined> {
    const { rows } = await this.#desk.ports.pool.query<{ account_id: string }>(
      'select account_id from provider_identity where issuer = $1 and subject = $2',
      [this.#config.issuer, subject],
    )
    const account = rows[0] && (await accountById(this.#desk.ports.pool, rows[0].account_id))
    return account?.state === 'active' ? account : undefined
  }

  async #byMail({ email, email_verified: verified }: oidc.IDToken): Promise<Account | undefined> {
    if (typeof email !== 'string' || verified !== true) return undefined
    const account = await accountByName(this.#desk.ports.pool, email.toLowerCase())
    return account?.state === 'active' && account.role !== 'probe' ? account : undefined
  }

  #unsealed(cookie: string): Kept | undefined {
    try {
      const sealed = Buffer.from(cookie, 'base64url')
      const kept = JSON.parse(unseal(this.#desk.ports.keys(), SEALED_FOR, sealed)) as Kept
      return kept.untilMs > this.#desk.ports.clock.nowMs() ? kept : undefined
    } catch {
      return undefined // none, or none of ours
    }
  }

  /** Asked once; again after it failed. */
  async #server(): Promise<oidc.Configuration> {
    this.#discovered ??= this.#discover()
    try {
      return await this.#discovered
    } catch (error) {
      this.#discovered = undefined
      throw error
    }
  }

  async #discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret, caFile } = this.#config
    const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8')
    return oidc.discovery(new URL(issuer), clientId, clientSecret, undefined, {
      timeout: 10,
      [oidc.customFetch]: fetchWith(ca),
    })
  }
}

/** The library's code of a refusal; never what the provider wrote. */
function whyOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown }
  return String(typeof code === 'string' ? code : name).slice(0, 64)
}
