/**
 * A certificate for signing messages with RSA, under an authority made for it alone: what the
 * demonstration's payment service signs its webhooks with.
 *
 * @module
 */
import 'reflect-metadata/lite'
import { createPrivateKey } from 'node:crypto'
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

export type MessageCertificate = {
  readonly authorityPem: string
  readonly certificatePem: string
  /** PKCS #8. The authority's own key is not kept: nothing else can be issued under it. */
  readonly keyPem: string
}

const DAY_MS = 86_400_000
const VALID_DAYS = 5 * 365

const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
} as const

/** @param subject Common name of the certificate. */
export async function createMessageCertificate(
  subject: string,
  nowMs: number,
): Promise<MessageCertificate> {
  const usages: KeyUsage[] = ['sign', 'verify']
  const authorityKeys = await crypto.subtle.generateKey(rsa, true, usages)
  const keys = await crypto.subtle.generateKey(rsa, true, usages)
  const validity = {
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + VALID_DAYS * DAY_MS),
    signingAlgorithm: rsa,
  }
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: 'CN=Demonstration of a payment service',
    keys: authorityKeys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  })
  const certificate = await X509CertificateGenerator.create({
    ...validity,
    subject: `CN=${subject}`,
    issuer: authority.subjectName,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    ],
  })
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return {
    authorityPem: authority.toString('pem'),
    certificatePem: certificate.toString('pem'),
    keyPem: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}
