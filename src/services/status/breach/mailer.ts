/**
 * Hands notices to the mail gateway, which signs and keeps them until they are delivered.
 *
 * @module
 */
import { createTransport } from 'nodemailer'

export type NoticeMail = {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly language: string
  readonly tenant: string
  /** A list that its reader may end; without it the mail is one of security. */
  readonly list?: string
}

/** Resolves once the mail is accepted. @returns What it is known by. */
export type SendMail = (mail: NoticeMail) => Promise<string>

/** Hands mail to our own gateway. Security mail is what no reader can have switched off. */
export function gatewaySender(place: {
  readonly host: string
  readonly port: number
  readonly ca: string
  readonly user: string
  readonly password: string
  readonly from: string
}): SendMail {
  const { host, port, ca, user, password, from } = place
  return async ({ to, subject, text, language, tenant, list }) => {
    const client = createTransport({
      host,
      port,
      requireTLS: true,
      auth: { user, pass: password },
      tls: { ca, servername: 'localhost' },
      connectionTimeout: MAIL_TIMEOUT_MS,
      socketTimeout: MAIL_TIMEOUT_MS,
    })
    try {
      const headers = {
        'X-Veilig-Category': list === undefined ? 'security' : 'list',
        ...(list === undefined ? {} : { 'X-Veilig-List': list }),
        'X-Veilig-Tenant': tenant,
        'Content-Language': language,
      }
      const { messageId } = await client.sendMail({ from, to, subject, text, headers })
      return messageId
    } finally {
      client.close()
    }
  }
}

const MAIL_TIMEOUT_MS = 10_000
