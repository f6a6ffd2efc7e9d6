/**
 * Composes the demonstration's payment gateways.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { twinKeys } from '#services/payment-twins/ports.ts'
import { serve } from '#services/payment-twins/serve.ts'
import { systemDisk } from '#system/disk.ts'
import { httpCaller } from '#system/http-call.ts'
import type { RunningService } from '#system/service.ts'
import type { ServiceContext } from '../context.ts'
import { demonstrationKeysFile } from '../supervisor/payment-keys.ts'
import { demonstrationClubs, publicOrigins } from './payments.ts'

const TIMEOUT_MS = 10_000

/** @throws {UsageError} PAYMENT_TWINS_NOT_WANTED where real money may be taken. */
export async function runPaymentTwins(context: ServiceContext): Promise<RunningService> {
  const { clock, paths } = context
  if (!context.config.payments.demonstration) {
    const message = 'payments.demonstration is off; the twins are only for the demonstration'
    throw new UsageError('PAYMENT_TWINS_NOT_WANTED', message)
  }
  const read = async (file: string): Promise<string> =>
    Buffer.from(await systemDisk.read(file)).toString('utf8')
  const keys = await read(paths.secret('payment-twins', demonstrationKeysFile))
  const origins = publicOrigins(context)
  return await serve({
    clock,
    call: httpCaller(TIMEOUT_MS, await read(paths.caCertificate)),
    keys: twinKeys.parse(JSON.parse(keys)),
    socket: paths.socket('payment-twins'),
    paypalOrigin: origins.paypal,
    webhookUrl: `${origins.payments}/paypal/${demonstrationClubs.paypal}`,
  })
}
