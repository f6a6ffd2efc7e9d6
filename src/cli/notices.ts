/**
 * Sends the notices of a breach that are owed, each customer its own, and notes each as told once
 * the mail gateway has it.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { SendMail } from '#services/status/breach/mailer.ts'
import type { Notice } from '#services/status/breach/notice.ts'
import type { Breach } from '#services/status/breach/register.ts'
import { askStatus } from '#services/status/control/client.ts'

export type Sent = {
  readonly recipient: string
  readonly outcome: 'sent' | 'no-address' | 'failed'
  readonly more: string
  /** Fields of art. 33(3), and those that are filled in. */
  readonly fields: number
  readonly filled: number
}

/**
 * @param more Also to those who were told before: what was added since (art. 33(4)).
 * @throws {FaultError} STATUS_UNREACHABLE. {DeniedError} BREACH_UNKNOWN.
 */
export async function sendNotices(
  id: string,
  { controlSocket, send, more }: { controlSocket: string; send: SendMail; more: boolean },
): Promise<Sent[]> {
  const ask = <T>(question: Parameters<typeof askStatus>[1]): Promise<T> =>
    askStatus(controlSocket, question) as Promise<T>
  const { breaches } = await ask<{ breaches: Breach[] }>({ ask: 'breaches' })
  const breach = breaches.find((one) => one.id === id)
  if (!breach) throw new FaultError('BREACH_UNKNOWN', `there is no breach '${id}' in the register`)
  const wanted = breach.duties.filter(({ doneMs }) => more || doneMs === undefined)
  const sent: Sent[] = []
  for (const { recipient } of wanted) {
    const notice = await ask<Notice>({ ask: 'notice', id, recipient })
    const tenant = recipient.replace(/^tenant:/, '')
    const { fields, filled, subject, text, language } = notice
    const to = breach.detail.exposure?.tenants.find((one) => one.tenant === tenant)?.mail ?? ''
    const result = (outcome: Sent['outcome'], said: string): void =>
      void sent.push({ recipient, outcome, more: said, fields, filled })
    if (to === '') {
      result('no-address', `veilig incident notice ${id} --to ${recipient} prints it`)
      continue
    }
    try {
      const how = await send({ to, subject, text, language, tenant })
      await ask({ ask: 'breach-notified', id, recipient, how: `mail ${how}` })
      result('sent', how)
    } catch (error) {
      result('failed', (error as Error).message)
    }
  }
  return sent
}
