/**
 * A journey without a browser: several requests one after the other, with the cookies that the site
 * sets, and what must stand on each page. A member who signs in and sees his bookings, say.
 *
 * @module
 */
import { request } from 'node:https'
import type { MonitorConfig } from '../config.ts'
import { NotUp, type Found } from './look.ts'
import { certificateEnds, USER_AGENT } from './monitors.ts'
import type { TLSSocket } from 'node:tls'

type Journey = Extract<MonitorConfig, { kind: 'journey' }>
type Step = Journey['steps'][number]

const PAGE_MAX = 1024 * 1024
const COOKIES_MAX = 50

/** @throws {NotUp} STEP_2_HTTP_503, STEP_2_WRONG_TEXT: which step failed, and how. */
export async function lookJourney(
  journey: Journey,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Found> {
  const cookies = new Map<string, string>()
  let found: Found = {}
  for (const [at, step] of journey.steps.entries()) {
    const answer = await take(journey, step, cookies, ca, signal)
    for (const line of answer.cookies) keep(cookies, line)
    if (!step.status.includes(answer.status))
      throw new NotUp(`STEP_${at + 1}_HTTP_${answer.status}`)
    if (step.text !== undefined && !answer.text.includes(step.text))
      throw new NotUp(`STEP_${at + 1}_WRONG_TEXT`)
    found = answer.found
  }
  return found
}

function keep(cookies: Map<string, string>, line: string): void {
  const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
  if (name !== '' && cookies.size < COOKIES_MAX) cookies.set(name, value)
}

type Answer = {
  readonly status: number
  readonly text: string
  readonly cookies: readonly string[]
  readonly found: Found
}

function take(
  { host, port, hostName }: Journey,
  { path, form }: Step,
  cookies: ReadonlyMap<string, string>,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const body = form && new URLSearchParams(form).toString()
  const jar = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = {
    host: hostName,
    'user-agent': USER_AGENT,
    ...(jar === '' ? {} : { cookie: jar }),
    ...(body === undefined
      ? {}
      : {
          origin: `https://${hostName}`,
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(Buffer.byteLength(body)),
        }),
  }
  const method = body === undefined ? 'GET' : 'POST'
  const servername = hostName.replace(/:\d+$/, '')
  const place = { host, port, path, method, headers, servername, agent: false as const, signal }
  return new Promise((resolve, reject) => {
    const call = request({ ...place, ...(ca === undefined ? {} : { ca }) })
    call.on('error', reject)
    call.on('response', (response) => {
      const found = certificateEnds(response.socket as TLSSocket)
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => void (text = (text + chunk).slice(0, PAGE_MAX)))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers: said } = response
        resolve({ status, text, cookies: said['set-cookie'] ?? [], found })
      })
    })
    call.end(body)
  })
}
