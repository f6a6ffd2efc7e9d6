/**
 * A tenant's gateway keys: sealed at rest, bound to their tenant, opened only to call the gateway.
 *
 * AES-256-GCM, 12 random bytes of nonce before the ciphertext, the tag behind it; the tenant's name
 * is authenticated, so that no club's keys can be put in another's place.
 *
 * @module
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { z } from 'zod'
import { IntegrityError } from '#lib/errors.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

export type PaypalKeys = {
  readonly gateway: 'paypal'
  readonly clientId: string
  readonly clientSecret: string
  readonly webhookId: string
}

export type PayboxKeys = {
  readonly gateway: 'paybox'
  readonly site: string
  readonly rank: string
  readonly identifier: string
  /** As the back office shows it: hexadecimal. */
  readonly hmacKey: string
}

export type TenantKeys = PaypalKeys | PayboxKeys

const text = z.string().min(1).max(500)

export const tenantKeys: z.ZodType<TenantKeys> = z.discriminatedUnion('gateway', [
  z.strictObject({
    gateway: z.literal('paypal'),
    clientId: text,
    clientSecret: text,
    webhookId: text,
  }),
  z.strictObject({
    gateway: z.literal('paybox'),
    site: z.string().regex(/^\d{7}$/),
    rank: z.string().regex(/^\d{2,3}$/),
    identifier: z.string().regex(/^\d{1,9}$/),
    hmacKey: z.string().regex(/^(?:[0-9a-fA-F]{2}){32,128}$/),
  }),
])

/** @param sealKey 32 bytes. @param nonce 12 random bytes, new each time. */
export function sealKeys(
  keys: TenantKeys,
  tenant: string,
  sealKey: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', sealKey, nonce)
  cipher.setAAD(Buffer.from(tenant))
  const body = Buffer.concat([cipher.update(JSON.stringify(keys)), cipher.final()])
  return Buffer.concat([nonce, body, cipher.getAuthTag()])
}

/** @throws {IntegrityError} PAYMENT_KEYS_DAMAGED. */
export function openKeys(sealed: Uint8Array, tenant: string, sealKey: Uint8Array): TenantKeys {
  try {
    const decipher = createDecipheriv('aes-256-gcm', sealKey, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(Buffer.from(tenant))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    const body = sealed.subarray(NONCE_BYTES, -TAG_BYTES)
    const plain = Buffer.concat([decipher.update(body), decipher.final()])
    return tenantKeys.parse(JSON.parse(plain.toString('utf8')))
  } catch (cause) {
    const message = `the keys of ${tenant} do not open; enter them again`
    throw new IntegrityError('PAYMENT_KEYS_DAMAGED', message, { cause })
  }
}
