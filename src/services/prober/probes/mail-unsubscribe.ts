/**
 * mail.unsubscribe: a sampled mail says how to stop it, fetching the link does nothing, one click
 * does.
 *
 * @module
 */
import type { Finding } from '#lib/claims/statement.ts'
import { fieldOf, newNonce, sample, send, visit, type MailTarget } from '../mail/target.ts'
import { COSTLY_SECONDS, finding, verdictOf, type Probe } from '../probe.ts'

/** How long a mail may take that should not come at all. */
const SILENCE_MS = 1_500

export function mailUnsubscribeProbe(target: MailTarget): Probe {
  return {
    version: 1,
    everySeconds: COSTLY_SECONDS,
    measure: async (signal) => {
      const nonce = newNonce()
      const mail = await sample(target, nonce, 1, signal)
      const link = /<(https:[^>]+)>/.exec(fieldOf(mail, 'List-Unsubscribe'))?.[1]
      if (link === undefined) return verdictOf([], [finding('MAIL_LINK_MISSING')])
      const bad: Finding[] = []
      const oneClick = fieldOf(mail, 'List-Unsubscribe-Post') === 'List-Unsubscribe=One-Click'
      if (!oneClick) bad.push(finding('MAIL_ONE_CLICK_MISSING'))
      const body = mail.bytes.toString('latin1').split('\r\n\r\n').slice(1).join('\n')
      if (!body.replaceAll('=\r\n', '').includes(link)) bad.push(finding('MAIL_LINK_HIDDEN'))

      await visit(target, 'GET', link, signal)
      const still = await send(target, `${nonce}@${target.probeDomain}`)
      if (still !== undefined) bad.push(finding('MAIL_GET_UNSUBSCRIBED'))
      const status = await visit(target, 'POST', link, signal)
      if (status !== 200 && status !== 202) bad.push(finding('MAIL_CLICK_REFUSED', { status }))
      const before = still === undefined ? 2 : 1
      const refusal = await send(target, `${nonce}@${target.probeDomain}`)
      const patience = AbortSignal.any([signal, AbortSignal.timeout(SILENCE_MS)])
      const came = await target.echo.wait(nonce, before + 1, patience)
      if (refusal === undefined && came.length > before) bad.push(finding('MAIL_CLICK_IGNORED'))
      const good = ['MAIL_LINK_FOUND', 'MAIL_GET_HARMLESS', 'MAIL_CLICK_WORKS']
      return verdictOf(
        good.map((code) => finding(code)),
        bad,
      )
    },
  }
}
