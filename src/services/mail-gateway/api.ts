/**
 * The other door: mail handed in by HTTPS, as JSON, from a template or in words.
 *
 * A request must carry a key of the sender's own (`Idempotency-Key`): whoever does not know whether
 * a request arrived sends it again, and the mail still goes once.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { DeniedError, FaultError, ProtocolError, VeiligError } from '#lib/errors.ts'
import { buildMessage } from '#protocol/mail/build.ts'
import type { Category, MailGatewayConfig, SenderConfig } from './config.ts'
import { categories } from './config.ts'
import type { Intake } from './intake.ts'
import type { MailPorts } from './ports.ts'
import { followPair, pairOf } from './shown-tls.ts'

const SUBJECT_MAX = 250
const TEXT_MAX = 1024 * 1024
const VALUES_MAX = 50
const JSON_SLACK = 2

/** What a program asks for: words of its own, or a template with values. */
export type ApiMail = {
  readonly from: string
  readonly to: readonly string[]
  readonly category: Category
  readonly list?: string | undefined
  readonly tenant?: string | undefined
  readonly language: string
  /** Address of the visitor whose form asked for it. */
  readonly network?: string | undefined
  readonly replyTo?: string | undefined
  readonly subject?: string | undefined
  readonly text?: string | undefined
  readonly html?: string | undefined
  readonly template?: string | undefined
  readonly values?: Readonly<Record<string, string>> | undefined
}

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/)

const apiMail: z.ZodType<ApiMail> = z
  .strictObject({
    from: z.string().min(3).max(320),
    to: z.array(z.string().min(3).max(320)).min(1).max(1000),
    category: z.enum(categories).default('transactional'),
    list: name.optional(),
    tenant: name.optional(),
    language: z.enum(['nl', 'en', 'fr']).default('nl'),
    network: z.string().max(45).optional(),
    replyTo: z.string().max(320).optional(),
    subject: z.string().min(1).max(SUBJECT_MAX).optional(),
    text: z.string().max(TEXT_MAX).optional(),
    html: z.string().max(TEXT_MAX).optional(),
    template: name.optional(),
    values: z
      .record(z.string().regex(/^\w{1,40}$/), z.string().max(2000))
      .refine((values) => Object.keys(values).length <= VALUES_MAX)
      .optional(),
  })
  .refine(
    ({ template, subject, text }) =>
      (template === undefined) === (subject !== undefined && text !== undefined),
    {
      message: 'either template, or subject and text',
    },
  )

export type MailApi = AsyncDisposable & { readonly port: number }

/** @throws {FaultError} LISTEN_FAILED. */
export async function startMailApi(
  place: NonNullable<MailGatewayConfig['api']>,
  config: MailGatewayConfig,
  ports: MailPorts,
  intake: Intake,
): Promise<MailApi> {
  const server = createAdaptorServer({
    fetch: apiApp(config, ports, intake).fetch,
    createServer,
    serverOptions: {
      ...pairOf(ports.tls),
      minVersion: 'TLSv1.2',
      requestTimeout: 30_000,
    },
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `cannot listen for mail by HTTPS on port ${place.port}: ${cause.message}`
      reject(new FaultError('LISTEN_FAILED', message, { cause }))
    })
    server.listen(place.port, place.listen, () => resolve())
  })
  const following = followPair(ports, (pair) => {
    if ('setSecureContext' in server) server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' })
  })
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      following[Symbol.dispose]()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      if ('closeIdleConnections' in server) server.closeIdleConnections()
      await closed
    },
  }
}

export function apiApp(config: MailGatewayConfig, ports: MailPorts, intake: Intake): Hono {
  const app = new Hono()
  app.use(bodyLimit({ maxSize: JSON_SLACK * config.sizeMax }))
  app.onError((error, context) => refuse(context, error))
  app.notFound((context) => context.json({ code: 'NOT_FOUND' }, 404))
  app.post('/v1/messages', async (context) => {
    const sender = await signedIn(context, intake)
    if (!sender) {
      context.header('WWW-Authenticate', 'Basic realm="mail"')
      return context.json({ code: 'MAIL_AUTH_FAILED', message: 'wrong name or password' }, 401)
    }
    const key = context.req.header('idempotency-key') ?? ''
    if (!/^[\x21-\x7e]{1,128}$/.test(key))
      return context.json({ code: 'MAIL_KEY_MISSING', message: 'give an Idempotency-Key' }, 400)
    const body = await context.req.text()
    const parsed = apiMail.safeParse(jsonOf(body))
    if (!parsed.success) return context.json(explain(parsed.error), 400)
    const mail = parsed.data
    for (const [at, one] of mail.to.entries()) intake.checkRecipient(one, at)
    const bytes = buildMessage(await wordsOf(mail, ports))
    const digest = createHash('sha256').update(body).digest('base64url')
    const accepted = await intake.take(sender, mail.to, bytes, { key, digest })
    const { messageId, queued, withheld, repeated = false } = accepted
    const why = [...new Set(withheld.map((one) => one.why))]
    return context.json({ id: messageId, queued, withheld: why, repeated }, repeated ? 200 : 202)
  })
  return app
}

async function wordsOf(
  mail: ApiMail,
  ports: MailPorts,
): Promise<Parameters<typeof buildMessage>[0]> {
  const { from, to, replyTo, category, language, list, tenant, network } = mail
  const headers = {
    'Content-Language': language,
    'X-Veilig-Category': category,
    ...(list === undefined ? {} : { 'X-Veilig-List': list }),
    ...(tenant === undefined ? {} : { 'X-Veilig-Tenant': tenant }),
    ...(network === undefined ? {} : { 'X-Veilig-Network': network }),
  }
  const frame = { from, to, replyTo, headers }
  const { template, values = {} } = mail
  if (template === undefined)
    return { ...frame, subject: mail.subject ?? '', text: mail.text ?? '', html: mail.html }
  if (!ports.templates) {
    const said = 'no templates are configured: mailGateway.templates'
    throw new DeniedError('MAIL_TEMPLATE_UNKNOWN', said, said)
  }
  return { ...frame, ...(await ports.templates.render(template, language, values)) }
}

/** HTTP's Basic: a name and a password, over TLS. */
async function signedIn(context: Context, intake: Intake): Promise<SenderConfig | undefined> {
  const given = /^Basic ([\w+/=]+)$/.exec(context.req.header('authorization') ?? '')?.[1] ?? ''
  const text = Buffer.from(given, 'base64').toString('utf8')
  const at = text.indexOf(':')
  const bindings = context.env as { incoming?: { socket?: { remoteAddress?: string } } }
  const remote = bindings.incoming?.socket?.remoteAddress ?? ''
  return intake.login(text.slice(0, Math.max(0, at)), text.slice(at + 1), remote)
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function explain(error: z.ZodError): { code: string; message: string } {
  const [issue] = error.issues
  const where = issue?.path.join('.') ?? ''
  return {
    code: 'MAIL_REQUEST_INVALID',
    message: `${where}: ${issue?.message ?? ''}`.slice(0, 300),
  }
}

const statuses: Readonly<Record<string, 409 | 413 | 422 | 429>> = {
  MAIL_KEY_REUSED: 409,
  MAIL_TOO_LARGE: 413,
  MAIL_VICTIM_LIMIT: 429,
  MAIL_RATE_LIMIT: 429,
  MAIL_DOMAIN_RATE: 429,
  MAIL_NETWORK_RATE: 429,
  MAIL_TENANT_RATE: 429,
}

/** The same codes as by SMTP; what is inside stays inside. */
function refuse(context: Context, error: Error): Response {
  if (error instanceof DeniedError)
    return context.json(
      { code: error.code, message: error.publicMessage },
      statuses[error.code] ?? 422,
    )
  if (error instanceof ProtocolError)
    return context.json({ code: error.code, message: 'the message is malformed' }, 422)
  const code = error instanceof VeiligError ? error.code : 'MAIL_QUEUE_FAILED'
  return context.json({ code, message: 'nothing was kept; try again with the same key' }, 503)
}
