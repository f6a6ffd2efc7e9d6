/**
 * The ways an alert leaves: a signed webhook, a mail, a line in a file.
 *
 * @module
 */
import { appendFile, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createTransport } from 'nodemailer'
import { signatureOf } from '#crypto/webhook-signature.ts'
import { FaultError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import type { Alert } from './alert.ts'
import type { ChannelConfig } from './config.ts'
import type { Channel } from './ports.ts'
import { shaped, type Shaped } from './shapes.ts'

/** @param ca PEM of authorities that may vouch for a mail server, beside the usual ones. */
export function channelOf(
  config: ChannelConfig,
  { clock, file, ca }: { readonly clock: Clock; readonly file: string; readonly ca?: string },
): Channel {
  const { name, drills } = config
  switch (config.kind) {
    case 'file':
      return { name, drills, deliver: (alert) => writeLine(file, alert) }
    case 'webhook':
      return {
        name,
        drills,
        deliver: (alert, signal) =>
          post(shaped(config, alert), config.secret, clock.nowMs(), signal),
      }
    case 'mail':
      return { name, drills, deliver: mailer(config, ca) }
  }
}

async function writeLine(file: string, alert: Alert): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await appendFile(file, `${JSON.stringify(alert)}\n`, { mode: 0o600 })
}

/** @throws {FaultError} ALERT_CHANNEL_REFUSED. */
async function post(
  { url, body }: Shaped,
  secret: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    'veilig-signature': signatureOf(secret, body, nowMs),
  }
  const init = { method: 'POST', headers, body, signal, redirect: 'error' } as const
  const response = await fetch(url, init)
  await response.body?.cancel()
  if (!response.ok)
    throw new FaultError('ALERT_CHANNEL_REFUSED', `the webhook answered ${response.status}`)
}

function mailer(
  config: Extract<ChannelConfig, { kind: 'mail' }>,
  ca: string | undefined,
): Channel['deliver'] {
  const url = new URL(config.url)
  const secure = url.protocol === 'smtps:'
  const transport = createTransport({
    host: url.hostname,
    port: Number(url.port || (secure ? 465 : 587)),
    secure,
    requireTLS: !secure && url.username !== '',
    ...(url.username === ''
      ? {}
      : {
          auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
        }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    connectionTimeout: 5_000,
    socketTimeout: 10_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return async (alert) => {
    await transport.sendMail({
      from: config.from,
      to: [...config.to],
      subject: `[${alert.severity}] ${alert.title}${alert.role === '' ? '' : `: ${alert.role}`}`,
      headers: { 'x-veilig-category': 'security', 'x-veilig-incident': alert.id },
      text: `${alert.sentence}\n\n${alert.advice}\n\nIncident ${alert.id}\n`,
    })
  }
}
