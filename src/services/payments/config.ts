/**
 * The `payments` section of veilig.yaml.
 *
 * @module
 */
import { z } from 'zod'

export type PaymentsConfig = {
  /** Whether the demonstration's gateways run, and its clubs pay there. Never with real ones. */
  readonly demonstration: boolean
  /** Where the application is told of payments: an address of its own, on this machine. */
  readonly eventsUrl?: string | undefined
  readonly gatewayTimeoutMs: number
  /** Between two rounds of the reconciler. */
  readonly reconcileMs: number
  readonly paypal: {
    readonly api: string
    /** For clubs whose keys are for tests. */
    readonly sandbox: string
    readonly certificateHosts: readonly string[]
    /** The authority of webhook certificates, PEM. Without it no webhook is believed. */
    readonly authorityFile?: string | undefined
  }
  readonly paybox: {
    readonly form: string
    /** Asked in turn whether they are awake, where the one before is not. */
    readonly fallbackForms: readonly string[]
    readonly testForm: string
    readonly direct: string
    readonly fallbackDirects: readonly string[]
    readonly testDirect: string
    /** Paybox's public key, PEM. Without it no notification is believed. */
    readonly publicKeyFile?: string | undefined
    readonly receiptAddress: string
  }
}

const paypal: z.ZodType<PaymentsConfig['paypal']> = z.strictObject({
  api: z.url().default('https://api-m.paypal.com'),
  sandbox: z.url().default('https://api-m.sandbox.paypal.com'),
  certificateHosts: z
    .array(z.string().min(1))
    .min(1)
    .max(10)
    .default(['api.paypal.com', 'api.sandbox.paypal.com']),
  authorityFile: z.string().min(1).optional(),
})

const paybox: z.ZodType<PaymentsConfig['paybox']> = z.strictObject({
  form: z.url().default('https://tpeweb.paybox.com/cgi/MYchoix_pagepaiement.cgi'),
  fallbackForms: z
    .array(z.url())
    .max(4)
    .default(['https://tpeweb1.paybox.com/cgi/MYchoix_pagepaiement.cgi']),
  testForm: z.url().default('https://preprod-tpeweb.paybox.com/cgi/MYchoix_pagepaiement.cgi'),
  direct: z.url().default('https://ppps.paybox.com/PPPS.php'),
  fallbackDirects: z.array(z.url()).max(4).default(['https://ppps1.paybox.com/PPPS.php']),
  testDirect: z.url().default('https://preprod-ppps.paybox.com/PPPS.php'),
  publicKeyFile: z.string().min(1).optional(),
  receiptAddress: z.email().default('no-reply@example.invalid'),
})

export const paymentsConfig: z.ZodType<PaymentsConfig> = z.strictObject({
  demonstration: z.boolean().default(true),
  eventsUrl: z.url({ protocol: /^http$/ }).optional(),
  gatewayTimeoutMs: z.int().min(100).max(60_000).default(10_000),
  reconcileMs: z.int().min(100).max(600_000).default(5_000),
  paypal: paypal.prefault({}),
  paybox: paybox.prefault({}),
})
