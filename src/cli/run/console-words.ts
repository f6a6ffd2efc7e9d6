/**
 * How the console tells people something: by mail through our own gateway, and in the team's chat.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import { STAFF_SENDER } from '#services/mail-gateway/config.ts'
import type { SendMail } from '#services/staff/ports.ts'
import type { ServiceContext } from '../context.ts'
import { ringMail } from '../ring-mail.ts'

const HOOK_TIMEOUT_MS = 10_000

/** Undefined where this ring has no mail gateway of its own to hand mail to. */
export async function staffMail(context: ServiceContext): Promise<SendMail | undefined> {
  const send = await ringMail(context, STAFF_SENDER)
  return send && (async (mail) => void (await send({ ...mail, language: 'en', tenant: 'staff' })))
}

/** Posts `{"text": …}`, as the chats of teams take it. */
export function teamHook(
  url: string | undefined,
): ((text: string, link: string) => Promise<void>) | undefined {
  if (url === undefined) return undefined
  return async (text, link) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: `${text}\n${link}` }),
      signal: AbortSignal.timeout(HOOK_TIMEOUT_MS),
      redirect: 'error',
    })
    await response.body?.cancel()
    if (!response.ok)
      throw new FaultError('TEAM_HOOK_REFUSED', `the team's webhook answered ${response.status}`)
  }
}
