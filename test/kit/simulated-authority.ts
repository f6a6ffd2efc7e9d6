/**
 * A certificate authority in this process, as far as the keeper of a certificate sees one: real
 * certificates, a clock of the test's choice, outages at the test's word.
 */
import 'reflect-metadata/lite'
import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import {
  BasicConstraintsExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  AuthorityKeyIdentifierExtension,
  X509Certificate as Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { FaultError } from '#lib/errors.ts'
import type { Order } from '#protocol/acme/messages.ts'
import { renewalId } from '#protocol/acme/renewal.ts'
import type { AcmeServer } from '#services/web-gateway/acme/keeper.ts'
import { createLocalAuthority } from '#system/local-ca/authority.ts'

export type SimulatedAuthority = {
  readonly server: AcmeServer
  /** Placed so far. */
  readonly orders: number
  /** No call is answered. */
  isAway: boolean
  /** Every proof fails. */
  refuses: boolean
}

const ecdsaSign = { name: 'ECDSA', hash: 'SHA-256' } as const
const url = (path: string): string => `https://authority.example/${path}`

/** @param options.suggests Whether it says when to renew (RFC 9773): a third before the end. */
export async function simulatedAuthority(
  clock: { nowMs(): number },
  options: { readonly lifeMs: number; readonly suggests?: boolean },
): Promise<SimulatedAuthority> {
  const root = await createLocalAuthority(clock.nowMs())
  const issuer = new Certificate(root.certificatePem)
  const { subtle } = crypto
  const keys = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
  const orders: { status: Order['status']; names: readonly string[]; pem?: string }[] = []
  const issued = new Map<string, X509Certificate>()
  const state = {
    isAway: false,
    refuses: false,
    get orders() {
      return orders.length
    },
  }
  const present = (): void => {
    if (state.isAway) throw new FaultError('ACME_UNREACHABLE', 'away')
  }
  const orderAt = (at: string): (typeof orders)[number] => {
    const found = orders[Number(at.split('/').at(-1))]
    if (!found) throw new FaultError('ACME_REFUSED', 'no such order')
    return found
  }
  const server: AcmeServer = {
    account: async (keyPem) => {
      present()
      const der = createPublicKey(keyPem).export({ format: 'der', type: 'spki' })
      return url(`account/${createHash('sha256').update(der).digest('hex')}`)
    },
    newOrder: async (_account, names) => {
      present()
      orders.push({ status: 'pending', names })
      return url(`order/${orders.length - 1}`)
    },
    orders: async () => {
      present()
      return orders.map((_, index) => url(`order/${index}`))
    },
    order: async (_account, at) => {
      present()
      const { status, names } = orderAt(at)
      const certificate = status === 'valid' ? at : undefined
      return { status, names, authorizations: [at], finalize: at, certificate }
    },
    authorization: async (_account, at) => {
      present()
      const { status, names } = orderAt(at)
      const token = 'tokentokentokentokentoken'
      return {
        name: names[0] ?? '',
        status: status === 'pending' ? 'pending' : state.refuses ? 'invalid' : 'valid',
        challenges: [{ type: 'http-01', url: at, token }],
        problem: undefined,
      }
    },
    accept: async (_account, at) => {
      present()
      orderAt(at).status = state.refuses ? 'invalid' : 'ready'
    },
    finalize: async (_account, at, csr) => {
      present()
      const order = orderAt(at)
      if (order.status !== 'ready') throw new FaultError('ACME_REFUSED', 'orderNotReady')
      const request = new Pkcs10CertificateRequest(new Uint8Array(csr))
      const certificate = await X509CertificateGenerator.create({
        subject: 'CN=test',
        issuer: issuer.subjectName,
        publicKey: request.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ecdsaSign,
        notBefore: new Date(clock.nowMs() - 3_600_000),
        notAfter: new Date(clock.nowMs() - 3_600_000 + options.lifeMs),
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new SubjectAlternativeNameExtension(
            order.names.map((value) => ({ type: 'dns' as const, value })),
          ),
          await SubjectKeyIdentifierExtension.create(request.publicKey),
          await AuthorityKeyIdentifierExtension.create(issuer),
        ],
      })
      order.pem = certificate.toString('pem')
      order.status = 'valid'
      issued.set(renewalId(order.pem), new X509Certificate(order.pem))
    },
    certificate: async (_account, at) => {
      present()
      return orderAt(at).pem ?? ''
    },
    renewalWindow: async (id) => {
      present()
      const certificate = issued.get(id)
      if (!options.suggests || !certificate) return undefined
      const endMs = certificate.validToDate.getTime()
      return { startMs: endMs - options.lifeMs / 2, endMs: endMs - options.lifeMs / 3 }
    },
  }
  return Object.assign(state, { server })
}
