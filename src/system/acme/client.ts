/**
 * Talks to one ACME server as one account: signs, keeps nonces, repeats what only a nonce spoiled.
 *
 * Source: RFC 8555 §6 (transport), §7 (resources); RFC 9773 (renewal information).
 *
 * @module
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { request } from 'node:https'
import { FaultError } from '#lib/errors.ts'
import { signedRequest } from '#protocol/acme/jws.ts'
import {
  ordersUrlOf,
  parseAuthorization,
  parseDirectory,
  parseOrder,
  parseOrderList,
  parseProblem,
  parseRenewalWindow,
  type Authorization,
  type Directory,
  type Order,
  type RenewalWindow,
} from '#protocol/acme/messages.ts'

export type AcmeOptions = {
  readonly directoryUrl: string
  /** Authority of the server's own certificate, PEM; undefined for Node's list. */
  readonly ca?: string | undefined
  readonly timeoutMs: number
}

type Answer = {
  readonly status: number
  readonly text: string
  readonly location: string | undefined
  readonly nonce: string | undefined
}

const SIZE_MAX = 1024 * 1024
/** A server may spoil nonces for good reasons; one that spoils them all is broken. */
const NONCE_TRIES_MAX = 10

export class AcmeClient {
  readonly #options: AcmeOptions
  #directory: Directory | undefined
  #nonce: string | undefined

  constructor(options: AcmeOptions) {
    this.#options = options
  }

  /** @throws {FaultError} ACME_UNREACHABLE. @throws {ProtocolError} ACME_ANSWER_INVALID. */
  async directory(): Promise<Directory> {
    if (this.#directory) return this.#directory
    const { text } = await this.#ask('GET', this.#options.directoryUrl)
    return (this.#directory = parseDirectory(text))
  }

  /** The account of a key, made when there is none. @returns Its URL. */
  async account(keyPem: string, contact: readonly string[]): Promise<string> {
    const { newAccount } = await this.directory()
    const key = createPrivateKey(keyPem)
    const terms = { termsOfServiceAgreed: true, contact }
    const { location } = await this.#post(newAccount, key, undefined, terms)
    if (location === undefined) throw refused('unknown', 'the account has no address')
    return location
  }

  /** A new order. @returns Its URL. @param replaces The certificate's name in RFC 9773. */
  async newOrder(
    account: Account,
    names: readonly string[],
    options: { readonly profile?: string | undefined; readonly replaces?: string | undefined },
  ): Promise<string> {
    const { newOrder, renewalInfo } = await this.directory()
    const { profile, replaces } = options
    const payload = {
      identifiers: names.map((value) => ({ type: 'dns', value })),
      ...(profile === undefined ? {} : { profile }),
      ...(replaces === undefined || renewalInfo === undefined ? {} : { replaces }),
    }
    const { location } = await this.#postAs(account, newOrder, payload)
    if (location === undefined) throw refused('unknown', 'the order has no address')
    return location
  }

  /** The account's orders, or none where the server does not list them. */
  async orders(account: Account): Promise<readonly string[]> {
    const { text } = await this.#postAs(account, account.url, undefined)
    const url = ordersUrlOf(text)
    if (url === undefined) return []
    return parseOrderList((await this.#postAs(account, url, undefined)).text)
  }

  async order(account: Account, url: string): Promise<Order> {
    return parseOrder((await this.#postAs(account, url, undefined)).text)
  }

  async authorization(account: Account, url: string): Promise<Authorization> {
    return parseAuthorization((await this.#postAs(account, url, undefined)).text)
  }

  /** Tells the server to look now. */
  async accept(account: Account, challengeUrl: string): Promise<void> {
    await this.#postAs(account, challengeUrl, {})
  }

  /** @param csr DER. */
  async finalize(account: Account, url: string, csr: Uint8Array): Promise<void> {
    await this.#postAs(account, url, { csr: Buffer.from(csr).toString('base64url') })
  }

  /** The certificate and its chain, PEM. */
  async certificate(account: Account, url: string): Promise<string> {
    return (await this.#postAs(account, url, undefined)).text
  }

  /** When the server suggests to renew; undefined where it does not speak RFC 9773. */
  async renewalWindow(id: string): Promise<RenewalWindow | undefined> {
    const { renewalInfo } = await this.directory()
    if (renewalInfo === undefined) return undefined
    const { text } = await this.#ask('GET', `${renewalInfo.replace(/\/$/, '')}/${id}`)
    return parseRenewalWindow(text)
  }

  #postAs(account: Account, url: string, payload: unknown): Promise<Answer> {
    return this.#post(url, createPrivateKey(account.keyPem), account.url, payload)
  }

  async #post(
    url: string,
    key: KeyObject,
    accountUrl: string | undefined,
    payload: unknown,
  ): Promise<Answer> {
    for (let turn = 1; ; turn++) {
      const nonce = this.#nonce ?? (await this.#freshNonce())
      this.#nonce = undefined
      const body = signedRequest(key, { url, nonce, accountUrl }, payload)
      const answer = await call('POST', url, this.#options, body)
      this.#nonce = answer.nonce
      if (answer.status < 300) return answer
      const { type, detail } = parseProblem(answer.text)
      if (type !== 'badNonce' || turn === NONCE_TRIES_MAX) throw refused(type, detail)
    }
  }

  async #freshNonce(): Promise<string> {
    const { newNonce } = await this.directory()
    const { nonce } = await this.#ask('HEAD', newNonce)
    if (nonce === undefined) throw refused('badNonce', 'the server gave no nonce')
    return nonce
  }

  async #ask(method: 'GET' | 'HEAD', url: string): Promise<Answer> {
    const answer = await call(method, url, this.#options)
    if (answer.status < 300) return answer
    const { type, detail } = parseProblem(answer.text)
    throw refused(type, detail)
  }
}

/** Who orders. */
export type Account = { readonly url: string; readonly keyPem: string }

function refused(type: string, detail: string): FaultError {
  return new FaultError('ACME_REFUSED', `${type}: ${detail}`)
}

function call(method: string, url: string, options: AcmeOptions, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error): void =>
      reject(
        new FaultError('ACME_UNREACHABLE', `${new URL(url).host}: ${cause.message}`, { cause }),
      )
    const asked = request(url, {
      method,
      headers: {
        'user-agent': 'veilig',
        ...(method === 'POST' ? { 'content-type': 'application/jose+json' } : {}),
        'content-length': String(Buffer.byteLength(body)),
      },
      signal: AbortSignal.timeout(options.timeoutMs),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    })
    asked.on('error', failed)
    asked.on('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > SIZE_MAX) asked.destroy(new Error('the answer is too large'))
        else chunks.push(chunk)
      })
      response.on('error', failed)
      response.on('end', () => {
        const { headers, statusCode } = response
        const nonce = headers['replay-nonce']
        resolve({
          status: statusCode ?? 0,
          text: Buffer.concat(chunks).toString('utf8'),
          location: headers.location,
          nonce: typeof nonce === 'string' ? nonce : undefined,
        })
      })
    })
    asked.end(body)
  })
}
