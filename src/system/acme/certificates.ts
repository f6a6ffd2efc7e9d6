/**
 * Keys, signing requests and challenge certificates for ACME.
 *
 * Source: RFC 2986 (PKCS #10), RFC 8737 §3 (the certificate of tls-alpn-01).
 *
 * @module
 */
import 'reflect-metadata/lite'
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import {
  Extension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const ecdsaKey = { name: 'ECDSA', namedCurve: 'P-256' } as const
const ecdsaSign = { name: 'ECDSA', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000

/** id-pe-acmeIdentifier */
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31'

/** A new ECDSA P-256 private key, PKCS #8 PEM: for an account or for a certificate. */
export function newKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}

/** A signing request for these names, DER. */
export async function signingRequest(names: readonly string[], keyPem: string): Promise<Buffer> {
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys: await keyPair(keyPem),
    signingAlgorithm: ecdsaSign,
    extensions: [alternativeNames(names)],
  })
  return Buffer.from(request.rawData)
}

/** What a client that speaks `acme-tls/1` is shown: the name, and a digest nobody else knows. */
export async function challengeCertificate(
  name: string,
  authorization: string,
  nowMs: number,
): Promise<{ readonly certificatePem: string; readonly keyPem: string }> {
  const keyPem = newKeyPem()
  const digest = createHash('sha256').update(authorization).digest()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys: await keyPair(keyPem),
    signingAlgorithm: ecdsaSign,
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + DAY_MS),
    extensions: [
      alternativeNames([name]),
      new Extension(ACME_IDENTIFIER, true, Buffer.concat([Buffer.of(0x04, 32), digest])),
    ],
  })
  return { certificatePem: certificate.toString('pem'), keyPem }
}

function alternativeNames(names: readonly string[]): SubjectAlternativeNameExtension {
  return new SubjectAlternativeNameExtension(
    names.map((value) => ({ type: 'dns' as const, value })),
  )
}

async function keyPair(keyPem: string): Promise<CryptoKeyPair> {
  const privateDer = createPrivateKey(keyPem).export({ format: 'der', type: 'pkcs8' })
  const publicDer = createPublicKey(keyPem).export({ format: 'der', type: 'spki' })
  const { subtle } = crypto
  const [privateKey, publicKey] = await Promise.all([
    subtle.importKey('pkcs8', new Uint8Array(privateDer), ecdsaKey, false, ['sign']),
    subtle.importKey('spki', new Uint8Array(publicDer), ecdsaKey, true, ['verify']),
  ])
  return { privateKey, publicKey }
}
