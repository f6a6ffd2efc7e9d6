/**
 * A strict twin of Paybox System, for tests and the demonstration: it takes only a form that is
 * signed in its own order, and signs its answers with RSA-1024 and SHA-1, as the real one does.
 *
 * @module
 */
import { sign } from 'node:crypto'
import { Hono, type Context } from 'hono'
import { keepNewest } from '#lib/keep-newest.ts'
import { isFormSigned, type FormFields } from '#protocol/payments/paybox.ts'
import { mischiefOf, troubled, troubleOf } from './mischief.ts'
import { PayboxDirectTwin, type Session } from './paybox-direct.ts'
import { payPage, twinPolicy } from './page.ts'
import type { Send, TwinKeys } from './ports.ts'

const FORM_MAX = 32 * 1024
const KEPT_MAX = 5_000

const required = [
  'PBX_SITE',
  'PBX_RANG',
  'PBX_IDENTIFIANT',
  'PBX_TOTAL',
  'PBX_DEVISE',
  'PBX_CMD',
  'PBX_PORTEUR',
  'PBX_RETOUR',
  'PBX_HASH',
  'PBX_TIME',
  'PBX_SHOPPINGCART',
  'PBX_BILLING',
]

/** The payer as 3-D Secure 2 wants it: these fields, in this order, no longer than this. */
const billing = new RegExp(
  '^<\\?xml version="1\\.0" encoding="utf-8"\\?><Billing><Address>' +
    '<FirstName>[ -;=?-~]{1,30}</FirstName><LastName>[ -;=?-~]{1,30}</LastName>' +
    '<Address1>[ -;=?-~]{1,50}</Address1>(?:<Address2>[ -;=?-~]{0,50}</Address2>)?' +
    '<ZipCode>[ -;=?-~]{1,16}</ZipCode><City>[ -;=?-~]{1,50}</City>' +
    '<CountryCode>\\d{3}</CountryCode></Address></Billing>$',
)

export type PayboxTwinPorts = {
  readonly keys: TwinKeys['paybox']
  readonly send: Send
  readonly firstNumber: number
}

/** @param firstNumber Of transactions: one that was never used before. */
export function payboxTwin({ keys, send, firstNumber }: PayboxTwinPorts): Hono {
  const sessions = new Map<string, Session>()
  let count = 0
  const direct = new PayboxDirectTwin(keys, sessions, () => String(firstNumber + ++count))
  const app = new Hono()

  app.post('/cgi/MYchoix_pagepaiement.cgi', async (c) => {
    const text = await c.req.text()
    const fields: FormFields = text.length > FORM_MAX ? [] : [...new URLSearchParams(text)]
    const values = new Map(fields)
    const value = (name: string): string => values.get(name) ?? ''
    const missing = required.filter((name) => value(name) === '')
    const isOurs =
      value('PBX_SITE') === keys.site &&
      value('PBX_RANG') === keys.rank &&
      value('PBX_IDENTIFIANT') === keys.identifier
    const isSigned = isFormSigned(fields, keys.hmacKey) && values.size === fields.length
    const isRight = isSigned && billing.test(value('PBX_BILLING'))
    if (!isOurs || !isRight || missing.length > 0 || !/^[1-9]\d{0,9}$/.test(value('PBX_TOTAL'))) {
      return c.text(`Paybox (demonstration): the form is refused. ${missing.join(' ')}\n`, 403)
    }
    const id = value('PBX_CMD')
    const amount = Number(value('PBX_TOTAL'))
    const before = sessions.get(id)
    if (before && before.amount !== amount) return c.text('PBX_CMD was used already.\n', 403)
    const session = before ?? { fields: values, amount, code: '', transaction: '' }
    keepNewest(sessions, id, session, KEPT_MAX)
    return await show(c, id, session)
  })
  app.get('/pay/:id', async (c) => {
    const session = sessions.get(c.req.param('id'))
    return session ? await show(c, c.req.param('id'), session) : c.notFound()
  })
  app.post('/pay/:id', async (c) => {
    const id = c.req.param('id')
    const session = sessions.get(id)
    if (!session) return c.notFound()
    if (session.code === '00000') return await show(c, id, session)
    const pays = (await c.req.parseBody())['choice'] === 'pay'
    const mischief = mischiefOf(session.amount)
    if (mischief === 'refused-first' && session.code === '') attempt(session, '00105')
    else attempt(session, pays ? '00000' : '00105')
    if (session.code === '00000') direct.keep(session)
    const answer = answerOf(id, session, mischief === 'wrong-amount' ? 1 : session.amount)
    const url = `${session.fields.get('PBX_REPONDRE_A') ?? ''}?${answer}`
    const sent = send({ method: 'GET', url }, mischief)
    if (mischief === 'none') await sent
    if (session.code !== '00000') return c.redirect(`/pay/${id}`, 303) // the payer may try again
    return c.redirect(`${session.fields.get('PBX_EFFECTUE') ?? ''}?${answer}`, 303)
  })
  const troubledOnce = new Set<string>()
  app.get('/load.html', (c) => c.html('<html><body><div id="server_status">OK</div></body></html>'))
  app.post('/PPPS.php', async (c) => {
    const fields: FormFields = [...new URLSearchParams(await c.req.text())]
    const asked = new Map(fields)
    const name = asked.get('REFERENCE') ?? ''
    const trouble = troubledOnce.has(name)
      ? undefined
      : troubled(troubleOf(Number(asked.get('MONTANT') ?? 0)))
    troubledOnce.add(name)
    if (trouble) return trouble
    return c.body(new Uint8Array(Buffer.from(direct.answer(fields), 'latin1')))
  })

  function attempt(session: Session, code: string): void {
    session.code = code
    session.transaction = String(firstNumber + ++count)
  }

  /** The answer, signed over exactly the bytes that are sent. */
  function answerOf(id: string, session: Session, amount: number): string {
    const { code, transaction } = session
    const given: Readonly<Record<string, string>> = {
      M: String(amount),
      R: id,
      A: code === '00000' ? 'XXXXXX' : '',
      T: transaction,
      S: transaction,
      E: code,
      U: code === '00000' ? direct.subscriberOf(session) : '',
    }
    const asked = (session.fields.get('PBX_RETOUR') ?? '').split(';').map((pair) => pair.split(':'))
    const parts = asked
      .filter(([, letter = '']) => given[letter] !== undefined && given[letter] !== '')
      .map(([name = '', letter = '']) => `${name}=${encodeURIComponent(given[letter] ?? '')}`)
    const text = parts.join('&')
    const [name = 'K'] = asked.find(([, letter]) => letter === 'K') ?? []
    const signature = sign('RSA-SHA1', Buffer.from(text), keys.keyPem).toString('base64')
    return `${text}&${name}=${encodeURIComponent(signature)}`
  }
  return app
}

async function show(c: Context, id: string, session: Session): Promise<Response> {
  c.header('Content-Security-Policy', twinPolicy)
  const refused = 'The bank refused. You may try again.'
  return await c.html(
    payPage({
      brand: 'Paybox',
      amount: `${(session.amount / 100).toFixed(2)} EUR`,
      reference: id,
      action: `/pay/${id}`,
      cancelUrl: session.fields.get('PBX_ANNULE') ?? '',
      said:
        session.code === '00000' ? 'This was paid already.' : session.code === '' ? '' : refused,
    }),
  )
}
