/**
 * Visits a site as a grader does: over HTTPS, over plain HTTP, and as another site's script.
 *
 * @module
 */
import { request as requestPlain, type IncomingMessage } from 'node:http'
import { request as requestSecure, type RequestOptions } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { FaultError } from '#lib/errors.ts'
import type { Fields, PageAnswer, Visit } from './visit.ts'

export type VisitTarget = {
  readonly hostName: string
  readonly httpsPort: number
  /** Where plain HTTP is asked for; undefined: nowhere. */
  readonly httpPort: number | undefined
  readonly path: string
  /** To connect to, when the name does not lead there. */
  readonly address?: string | undefined
  /** Authorities trusted besides the usual ones, PEM. */
  readonly ca?: string | undefined
}

const REDIRECTS_MAX = 10
const BODY_MAX_BYTES = 1024 * 1024
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** A name nobody can have, so that no site allows it on purpose. */
const OTHER_ORIGIN = 'https://grader.invalid'

/** For a site that no browser of today would open: it is to be judged all the same. */
const OLD_MEANS: SecureContextOptions = {
  minVersion: 'TLSv1',
  ciphers: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0',
}

type Means = VisitTarget & { readonly secure: SecureContextOptions }

/** @throws {FaultError} GRADE_NOT_REACHED when nothing answers over HTTPS. */
export async function visitSite(site: VisitTarget, signal: AbortSignal): Promise<Visit> {
  const { hostName, httpsPort, httpPort, path } = site
  const start = new URL(`https://${hostName}:${httpsPort}${path}`)
  const { trusted, secure } = await firstLook(site, start, signal)
  const target = { ...site, secure }
  const { page } = await follow(target, start, signal)
  const plain =
    httpPort === undefined ? undefined : new URL(`http://${hostName}:${httpPort}${path}`)
  return {
    hostName,
    page,
    trusted,
    plainRoute: plain && (await plainRoute(target, plain, signal)),
    cors: await askAsOther(target, page.url, signal),
  }
}

/** As a browser comes, then with all that OpenSSL still has. */
async function firstLook(
  site: VisitTarget,
  url: URL,
  signal: AbortSignal,
): Promise<{ readonly trusted: boolean; readonly secure: SecureContextOptions }> {
  let failure: unknown
  for (const secure of [{}, OLD_MEANS]) {
    try {
      const how = { method: 'HEAD', rejectUnauthorized: true }
      const answer = await ask({ ...site, secure }, url, how, signal)
      answer.destroy()
      return { trusted: true, secure }
    } catch (error) {
      signal.throwIfAborted()
      if (isCertificateFault(error)) return { trusted: false, secure }
      failure = error
    }
  }
  const message = `${url.host} does not answer over HTTPS: ${(failure as Error).message}`
  throw new FaultError('GRADE_NOT_REACHED', message, { cause: failure })
}

/** What Node.js has no name for is UNSPECIFIED: keys and digests that are too weak, for example. */
function isCertificateFault(error: unknown): boolean {
  const code = String((error as NodeJS.ErrnoException).code)
  return /CERT|SIGNATURE|ISSUER|HOSTNAME|CRL|INVALID_CA|PATH_LENGTH|^UNSPECIFIED$/.test(code)
}

async function follow(
  target: Means,
  start: URL,
  signal: AbortSignal,
): Promise<{ page: PageAnswer; route: URL[] }> {
  const route: URL[] = []
  const cookies: string[] = []
  let url = start
  for (;;) {
    route.push(url)
    const answer = await ask(target, url, { method: 'GET' }, signal)
    cookies.push(...(answer.headers['set-cookie'] ?? []))
    const { location } = answer.headers
    const status = answer.statusCode ?? 0
    const next = REDIRECTS.has(status) && location !== undefined ? URL.parse(location, url) : null
    // Only what the operator named is visited: a redirect elsewhere ends the way.
    const elsewhere = next !== null && next.hostname !== target.hostName
    if (next && elsewhere) route.push(next)
    if (!next || elsewhere || route.length > REDIRECTS_MAX) {
      const body = await read(answer)
      return { page: { url, status, fields: fieldsOf(answer), cookies, body }, route }
    }
    answer.resume()
    url = next
  }
}

async function plainRoute(
  target: Means,
  start: URL,
  signal: AbortSignal,
): Promise<readonly URL[] | undefined> {
  try {
    return (await follow(target, start, signal)).route
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

async function askAsOther(target: Means, url: URL, signal: AbortSignal): Promise<Visit['cors']> {
  const headers = { origin: OTHER_ORIGIN, 'access-control-request-method': 'GET' }
  const answer = await ask(target, url, { method: 'OPTIONS', headers }, signal)
  answer.resume()
  return { origin: OTHER_ORIGIN, fields: fieldsOf(answer) }
}

function ask(
  target: Means,
  url: URL,
  options: RequestOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:'
  const given = options.headers as Readonly<Record<string, string>> | undefined
  const all: RequestOptions = {
    host: target.address ?? url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    servername: /^[\d.]+$|:/.test(url.hostname) ? '' : url.hostname,
    rejectUnauthorized: false,
    ...target.secure,
    ...(target.ca === undefined ? {} : { ca: target.ca }),
    agent: false,
    signal,
    ...options,
    headers: {
      host: url.host,
      'user-agent': 'veilig-grader',
      accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      ...given,
    },
  }
  return new Promise((resolve, reject) => {
    const call = secure ? requestSecure(all) : requestPlain(all)
    call.on('error', reject)
    call.on('response', resolve)
    call.end()
  })
}

async function read(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > BODY_MAX_BYTES) break
  }
  return Buffer.concat(chunks).toString('utf8', 0, BODY_MAX_BYTES)
}

function fieldsOf(answer: IncomingMessage): Fields {
  return Object.fromEntries(
    Object.entries(answer.headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    ),
  )
}
