/**
 * How the console tells people something: by mail through our own gateway, and in the team's chat.
 *
 * @module
 */
import { signatureOf } from '#crypto/webhook-signature.ts'
import { FaultError } from '#lib/errors.ts'
import type { AccessConfig } from '#services/access/config.ts'
import { STAFF_SENDER } from '#services/mail-gateway/config.ts'
import type { SendMail, TellTeam } from '#services/staff/ports.ts'
import type { Clock } from '#system/clock.ts'
import type { ServiceContext } from '../context.ts'
import { ringMail } from '../ring-mail.ts'

const HOOK_TIMEOUT_MS = 10_000

/** Undefined where this ring has no mail gateway of its own to hand mail to. */
export async function staffMail(context: ServiceContext): Promise<SendMail | undefined> {
  const send = await ringMail(context, STAFF_SENDER)
  return send && (async (mail) => void (await send({ ...mail, language: 'en', tenant: 'staff' })))
}

/**
 * Posts `{"text": …}`, as the chats of teams take it. A program that has the secret, so it can
 * sign, is also told which request waits and where to approve it, and can tell that it was us.
 */
export function teamHook(
  { webhookUrl: url, webhookSecret }: AccessConfig,
  clock: Clock,
): TellTeam | undefined {
  if (url === undefined) return undefined
  return async (text, link, waiting) => {
    const said = { text: `${text}\n${link}` }
    const more = webhookSecret && waiting ? { ...waiting, approveAt: `${link}/hook` } : {}
    const body = JSON.stringify({ ...said, ...more })
    const signature = webhookSecret && signatureOf(webhookSecret, body, clock.nowMs())
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(signature ? { 'x-veilig-signature': signature } : {}),
      },
      body,
      signal: AbortSignal.timeout(HOOK_TIMEOUT_MS),
      redirect: 'error',
    })
    await response.body?.cancel()
    if (!response.ok)
      throw new FaultError('TEAM_HOOK_REFUSED', `the team's webhook answered ${response.status}`)
  }
}
