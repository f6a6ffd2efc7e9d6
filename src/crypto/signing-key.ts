/**
 * Ed25519 keys as the 32 bytes they are.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

export const SIGNATURE_SIZE = 64
export const SIGNING_SEED_SIZE = 32

/** DER around a raw Ed25519 key, private (PKCS #8) and public (SPKI). RFC 8410 §7 and §4. */
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex')

export type SigningKey = { readonly privateKey: KeyObject; readonly publicKey: Uint8Array }

/** @param seed 32 secret random bytes. */
export function signingKeyFromSeed(seed: Uint8Array): SigningKey {
  const key = Buffer.concat([PRIVATE_DER, seed])
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey: new Uint8Array(der.subarray(PUBLIC_DER.length)) }
}

export function signBytes(key: SigningKey, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, key.privateKey))
}

/** A public key ready to verify with; making it costs more than verifying. */
export function verifierFor(publicKey: Uint8Array): (m: Uint8Array, s: Uint8Array) => boolean {
  const der = Buffer.concat([PUBLIC_DER, publicKey])
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  return (message, signature) => verify(null, message, key, signature)
}
