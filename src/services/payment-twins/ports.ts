/**
 * What the twins need: keys of their own, and a way to notify.
 *
 * @module
 */
import { z } from 'zod'
import type { HttpCall } from '#system/http-call.ts'
import type { Mischief } from './mischief.ts'

/** Delivers a notification the way the mischief says. Never throws. */
export type Send = (call: HttpCall, mischief: Mischief) => Promise<void>

export type TwinKeys = {
  readonly paypal: {
    readonly clientId: string
    readonly clientSecret: string
    readonly webhookId: string
    readonly certificatePem: string
    readonly authorityPem: string
    readonly keyPem: string
  }
  readonly paybox: {
    readonly site: string
    readonly rank: string
    readonly identifier: string
    readonly hmacKey: string
    readonly publicPem: string
    readonly keyPem: string
  }
}

export const twinKeys: z.ZodType<TwinKeys> = z.strictObject({
  paypal: z.strictObject({
    clientId: z.string(),
    clientSecret: z.string(),
    webhookId: z.string(),
    certificatePem: z.string(),
    authorityPem: z.string(),
    keyPem: z.string(),
  }),
  paybox: z.strictObject({
    site: z.string(),
    rank: z.string(),
    identifier: z.string(),
    hmacKey: z.string(),
    publicPem: z.string(),
    keyPem: z.string(),
  }),
})
