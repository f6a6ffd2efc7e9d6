/**
 * How whoever receives a webhook knows that it is ours, and of now.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** `t=SECONDS,v1=HEX`: HMAC-SHA256 over `SECONDS.BODY`, so that an old one cannot be replayed. */
export function signatureOf(secret: string, body: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${mac}`
}

/** Between two clocks, and on the way. */
const APART_MS = 300_000

/** Whether somebody with the secret signed this body within the last five minutes. */
export function isSignedNow(
  secret: string,
  body: string,
  signature: string,
  nowMs: number,
): boolean {
  const [, seconds] = /^t=([0-9]{1,12}),v1=[0-9a-f]{64}$/.exec(signature) ?? []
  if (seconds === undefined || Math.abs(Number(seconds) * 1000 - nowMs) > APART_MS) return false
  const right = signatureOf(secret, body, Number(seconds) * 1000)
  return timingSafeEqual(Buffer.from(signature), Buffer.from(right))
}
