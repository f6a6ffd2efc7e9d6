/**
 * tls.enforced and tls.versions: what a browser of yesterday, or one that forgot the s, gets.
 *
 * @module
 */
import { request } from 'node:http'
import type { SecureVersion } from 'node:tls'
import type { Finding } from '#lib/claims/statement.ts'
import { exchange, handshake, type Address } from '../exchange.ts'
import { finding, notReached, verdictOf, type Probe } from '../probe.ts'

export type WebTarget = {
  /** The door that speaks TLS. */
  readonly https: Address
  /** The door for plain HTTP. */
  readonly plain: Address
  /** As a visitor types it, without port. */
  readonly hostName: string
  /** Certificates that may vouch for it, PEM. */
  readonly ca: string
}

const PATIENCE_MS = 3000
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export function tlsEnforcedProbe(target: WebTarget): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      const good: Finding[] = []
      const bad: Finding[] = []
      for (const [method, path] of [
        ['GET', '/'],
        ['POST', '/veilig-probe'],
      ] as const) {
        const { status, location, cookies } = await plainRequest(target, method, path, signal)
        const redirected = REDIRECTS.has(status) && location.startsWith('https://') && !cookies
        if (redirected) good.push(finding('TLS_PLAIN_REDIRECTED', { status }))
        else bad.push(finding('TLS_PLAIN_CONTENT', { status }))
      }
      const status = await plainOnSecurePort(target, signal)
      if (status >= 200 && status < 300) bad.push(finding('TLS_PLAIN_ON_SECURE_PORT', { status }))
      else good.push(finding('TLS_SECURE_PORT_SILENT'))
      return verdictOf(good, bad)
    },
  }
}

type PlainAnswer = { readonly status: number; readonly location: string; readonly cookies: boolean }

function plainRequest(
  target: WebTarget,
  method: string,
  path: string,
  signal: AbortSignal,
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const { host, port } = target.plain
    const headers = { host: `${target.hostName}:${port}` }
    const call = request({ host, port, method, path, headers, signal })
    call.on('error', (error) => reject(notReached(`${host}:${port}`, error)))
    call.on('response', (response) => {
      response.resume()
      resolve({
        status: response.statusCode ?? 0,
        location: response.headers.location ?? '',
        cookies: response.headers['set-cookie'] !== undefined,
      })
    })
    call.end()
  })
}

/** The status a plain request gets on the port for TLS; 0 when it gets no HTTP at all. */
async function plainOnSecurePort(target: WebTarget, signal: AbortSignal): Promise<number> {
  const text = `GET / HTTP/1.1\r\nHost: ${target.hostName}\r\nConnection: close\r\n\r\n`
  const options = { question: Buffer.from(text), patienceMs: PATIENCE_MS, enough: 64 }
  const { connected, reply } = await exchange(target.https, options, signal)
  if (!connected) throw notReached(`${target.https.host}:${target.https.port}`)
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(Buffer.from(reply).toString('latin1'))?.[1]
  return Number(status ?? 0)
}

const outdated: readonly (readonly [string, SecureVersion])[] = [
  ['TLS 1.0', 'TLSv1'],
  ['TLS 1.1', 'TLSv1.1'],
]
const current: readonly (readonly [string, SecureVersion])[] = [
  ['TLS 1.2', 'TLSv1.2'],
  ['TLS 1.3', 'TLSv1.3'],
]

export function tlsVersionsProbe(target: WebTarget): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      const good: Finding[] = []
      const bad: Finding[] = []
      for (const [version, name] of current) {
        if (await speaks(target, name, signal)) good.push(finding('TLS_VERSION_WORKS', { version }))
      }
      // A door that completes no handshake at all refuses nothing in particular.
      if (good.length === 0) throw notReached(`${target.https.host}:${target.https.port}`)
      const answers: readonly (readonly [string, boolean])[] = [
        ['SSL 2', await answersHello(target, sslTwoHello, signal)],
        ['SSL 3', await answersHello(target, sslThreeHello, signal)],
        ...(await Promise.all(
          outdated.map(
            async ([version, name]) => [version, await speaks(target, name, signal)] as const,
          ),
        )),
      ]
      for (const [version, accepted] of answers) {
        if (accepted) bad.push(finding('TLS_VERSION_ACCEPTED', { version }))
        else good.push(finding('TLS_VERSION_REFUSED', { version }))
      }
      return verdictOf(good, bad)
    },
  }
}

async function speaks(
  target: WebTarget,
  version: SecureVersion,
  signal: AbortSignal,
): Promise<boolean> {
  const socket = await handshake(
    target.https,
    {
      servername: target.hostName,
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT:@SECLEVEL=0', // or our own OpenSSL would refuse before the server can
      rejectUnauthorized: false, // whose certificate it is does not matter here
    },
    signal,
  )
  socket?.destroy()
  return socket !== undefined
}

/** Whether a hello that our TLS library no longer speaks is answered with a server's hello. */
async function answersHello(
  target: WebTarget,
  hello: { readonly bytes: Uint8Array; readonly answered: (reply: Uint8Array) => boolean },
  signal: AbortSignal,
): Promise<boolean> {
  const options = { question: hello.bytes, patienceMs: PATIENCE_MS, enough: 6 }
  const { connected, reply } = await exchange(target.https, options, signal)
  if (!connected) throw notReached(`${target.https.host}:${target.https.port}`)
  return hello.answered(reply)
}

const RANDOM_SIZE = 32

/**
 * SSL 3.0 ClientHello with four suites every server of its time had. Source: RFC 6101 §5.6.1.2.
 * Answered when a handshake record (22) of version 3.0 holds a ServerHello (2).
 */
const sslThreeHello = {
  bytes: Buffer.concat([
    Uint8Array.of(0x16, 3, 0, 0, 51), // record: handshake, SSL 3.0, 51 bytes
    Uint8Array.of(1, 0, 0, 47, 3, 0), // ClientHello, 47 bytes, SSL 3.0
    Uint8Array.from({ length: RANDOM_SIZE }, (_, at) => at),
    Uint8Array.of(0, 0, 8, 0, 0x0a, 0, 0x2f, 0, 0x35, 0, 5, 1, 0), // no session, 4 suites
  ]),
  answered: (reply: Uint8Array) => reply[0] === 0x16 && reply[1] === 3 && reply[5] === 2,
}

/**
 * SSL 2.0 CLIENT-HELLO with two suites. Source: the SSL 0.2 protocol, "CLIENT-HELLO".
 * Answered when a two-byte header is followed by SERVER-HELLO (4).
 */
const sslTwoHello = {
  bytes: Buffer.concat([
    Uint8Array.of(0x80, 31, 1, 0, 2), // 31 bytes, CLIENT-HELLO, version 2
    Uint8Array.of(0, 6, 0, 0, 0, 16), // lengths: suites, session, challenge
    Uint8Array.of(1, 0, 0x80, 7, 0, 0xc0), // RC4-128, 3DES
    Uint8Array.from({ length: 16 }, (_, at) => at),
  ]),
  answered: (reply: Uint8Array) => ((reply[0] ?? 0) & 0x80) !== 0 && reply[2] === 4,
}
