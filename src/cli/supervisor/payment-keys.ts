/**
 * The keys of payments: what seals the clubs' keys, what the application shows, and for the
 * demonstration the keys of its two gateways. Made once, kept.
 *
 * @module
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createMessageCertificate } from '#system/local-ca/message-certificate.ts'
import { ensureSecret, freshPassword } from '#system/secret-file.ts'
import type { TwinKeys } from '#services/payment-twins/ports.ts'
import type { Context } from '../context.ts'
import { keepCopy } from './first-run.ts'

const DAY_MS = 86_400_000
const MESSAGE_SUBJECT = 'messageverificationcerts.paypal.com'
/** What the real one has: the twin is to be as weak, so that nothing leans on it. */
const PAYBOX_RSA_BITS = 1024

/** What payments knows of the demonstration's gateways: no private key. */
export const demonstrationKeysFile = 'demonstration.json'

export async function ensurePaymentKeys(context: Context): Promise<void> {
  const { paths, clock, config } = context
  const youngMs = clock.nowMs() - config.access.rotateDays * DAY_MS
  await ensureSecret(paths.secret('payments', 'seal.key'), () => randomBytes(32))
  for (const name of ['payments-key', 'payments-events-secret']) {
    const file = paths.secret('application', name)
    // An old one is renewed: nothing runs yet that could have read it.
    const kept = await ensureSecret(file, () => Buffer.from(freshPassword()), youngMs)
    await keepCopy(paths.secret('payments', name), kept)
    // The prober begins payments, as the application does, and never pays one.
    if (name === 'payments-key') await keepCopy(paths.secret('prober', name), kept)
  }
  if (!context.config.payments.demonstration) return
  const file = paths.secret('payment-twins', demonstrationKeysFile)
  const kept = await ensureSecret(file, async () =>
    Buffer.from(JSON.stringify(await makeTwinKeys(clock.nowMs()))),
  )
  const { paypal, paybox } = JSON.parse(Buffer.from(kept).toString('utf8')) as TwinKeys
  const known = { paypal: { ...paypal, keyPem: '' }, paybox: { ...paybox, keyPem: '' } }
  const copy = Buffer.from(JSON.stringify(known))
  await keepCopy(paths.secret('payments', demonstrationKeysFile), copy)
}

async function makeTwinKeys(nowMs: number): Promise<TwinKeys> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: PAYBOX_RSA_BITS })
  return {
    paypal: {
      clientId: randomBytes(20).toString('hex'),
      clientSecret: randomBytes(20).toString('hex'),
      webhookId: `WH-${randomBytes(8).toString('hex')}`,
      ...(await createMessageCertificate(MESSAGE_SUBJECT, nowMs)),
    },
    paybox: {
      site: '1999888',
      rank: '32',
      identifier: '110647233',
      hmacKey: randomBytes(64).toString('hex').toUpperCase(),
      publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
  }
}
