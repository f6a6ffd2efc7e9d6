/**
 * headers.present: every kind of response carries every header, in a form that protects.
 *
 * @module
 */
import { request as requestPlain, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { Finding } from '#lib/claims/statement.ts'
import { finding, notReached, verdictOf, type Probe } from '../probe.ts'
import type { WebTarget } from './tls.ts'

/** Half a year: what the graders ask of Strict-Transport-Security. */
const HSTS_AGE_MIN_SECONDS = 15_552_000

type Rule = {
  readonly name: string
  readonly holds: (value: string) => boolean
  /** RFC 6797 §7.2 forbids it over plain HTTP. */
  readonly tlsOnly?: true
}

const rules: readonly Rule[] = [
  { name: 'Strict-Transport-Security', holds: longEnough, tlsOnly: true },
  { name: 'Content-Security-Policy', holds: (value) => /(default|script)-src /.test(value) },
  { name: 'X-Frame-Options', holds: (value) => /^(DENY|SAMEORIGIN)$/i.test(value) },
  { name: 'X-Content-Type-Options', holds: (value) => value === 'nosniff' },
  { name: 'Referrer-Policy', holds: (value) => !/unsafe-url|^origin/.test(value) },
  { name: 'Permissions-Policy', holds: (value) => value !== '' },
  { name: 'Cross-Origin-Opener-Policy', holds: (value) => value !== 'unsafe-none' },
  { name: 'Cross-Origin-Resource-Policy', holds: (value) => value !== 'cross-origin' },
  { name: 'X-XSS-Protection', holds: (value) => value === '0' },
]

function longEnough(value: string): boolean {
  return Number(/^max-age=(\d+)/.exec(value)?.[1] ?? 0) >= HSTS_AGE_MIN_SECONDS
}

type Sample = {
  /** As the page names it. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly secure: boolean
  readonly headers?: Readonly<Record<string, string>>
}

const samples: readonly Sample[] = [
  { name: 'GET /', method: 'GET', path: '/', secure: true },
  { name: 'HEAD /', method: 'HEAD', path: '/', secure: true },
  { name: '404', method: 'GET', path: '/veilig-probe-of-a-missing-page', secure: true },
  { name: 'POST', method: 'POST', path: '/veilig-probe', secure: true },
  { name: 'long URL', method: 'GET', path: `/${'x'.repeat(40_000)}`, secure: true },
  { name: 'http:', method: 'GET', path: '/', secure: false },
]

export function headersPresentProbe(target: WebTarget): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      const bad: Finding[] = []
      for (const sample of samples) {
        bad.push(...judge(sample, await fetchHeaders(target, sample, signal)))
      }
      const values = { responses: samples.length, headers: rules.length }
      return verdictOf([finding('HEADERS_PRESENT', values)], bad)
    },
  }
}

function judge(sample: Sample, headers: IncomingHttpHeaders): Finding[] {
  return rules.flatMap(({ name, holds, tlsOnly }) => {
    if (tlsOnly && !sample.secure) return []
    const value = headers[name.toLowerCase()]
    const values = { header: name, response: sample.name }
    if (typeof value !== 'string') return [finding('HEADERS_MISSING', values)]
    return holds(value) ? [] : [finding('HEADERS_WRONG', values)]
  })
}

function fetchHeaders(
  target: WebTarget,
  { method, path, secure }: Sample,
  signal: AbortSignal,
): Promise<IncomingHttpHeaders> {
  const address = secure ? target.https : target.plain
  const options: RequestOptions = {
    ...address,
    method,
    path,
    headers: { host: `${target.hostName}:${address.port}`, 'user-agent': 'veilig-prober' },
    signal,
    agent: false,
  }
  return new Promise((resolve, reject) => {
    const call = secure
      ? requestSecure({ ...options, ca: target.ca, servername: target.hostName })
      : requestPlain(options)
    call.on('error', (error) => reject(notReached(`${address.host}:${address.port}`, error)))
    call.on('response', (response) => {
      response.resume()
      resolve(response.headers)
    })
    call.end()
  })
}
