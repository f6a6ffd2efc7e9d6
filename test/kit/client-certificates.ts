/** An authority for clients' certificates, and what it issues. */
import 'reflect-metadata/lite'
import { createPrivateKey, randomBytes } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509'

const HOUR_MS = 3_600_000
const key = { name: 'ECDSA', namedCurve: 'P-256' } as const
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const

/** PEM, as TLS clients want it. */
export type TestCertificate = { readonly cert: string; readonly key: string }

export type TestAuthority = {
  readonly pem: string
  issue(options: {
    readonly name: string
    readonly isForServers?: boolean
    readonly endsMs?: number
  }): Promise<TestCertificate>
}

export async function createTestAuthority(): Promise<TestAuthority> {
  const keys = await crypto.subtle.generateKey(key, true, ['sign', 'verify'])
  const notBefore = new Date(Date.now() - 2 * HOUR_MS)
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: `CN=Clients ${randomBytes(4).toString('hex')}`,
    keys,
    signingAlgorithm,
    notBefore,
    notAfter: new Date(Date.now() + HOUR_MS),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  })
  return {
    pem: authority.toString('pem'),
    issue: async ({ name, isForServers, endsMs }) => {
      const own = await crypto.subtle.generateKey(key, true, ['sign', 'verify'])
      const use = isForServers ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth
      const certificate: X509Certificate = await X509CertificateGenerator.create({
        subject: `CN=${name}`,
        issuer: authority.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm,
        notBefore,
        notAfter: new Date(endsMs ?? Date.now() + HOUR_MS),
        extensions: [new ExtendedKeyUsageExtension([use])],
      })
      const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', own.privateKey))
      const pkcs8 = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
      const pem = pkcs8.export({ format: 'pem', type: 'pkcs8' }).toString()
      return { cert: certificate.toString('pem'), key: pem }
    },
  }
}
