/**
 * cookies.secure: signs in as a visitor would, and looks at every cookie that comes back.
 *
 * @module
 */
import { request } from 'node:https'
import type { Finding } from '#lib/claims/statement.ts'
import { FaultError } from '#lib/errors.ts'
import type { ProberLogin } from '../config.ts'
import { finding, notReached, verdictOf, type Probe } from '../probe.ts'
import type { WebTarget } from './tls.ts'

export function cookiesSecureProbe(target: WebTarget, login: ProberLogin): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      const cookies = await signIn(target, login, signal)
      // Without a cookie there was no signing in, and nothing to see.
      if (cookies.length === 0)
        throw new FaultError('PROBE_NO_COOKIE', `${login.path} set no cookie; check prober.login`)
      const good: Finding[] = []
      const bad: Finding[] = []
      for (const cookie of cookies) {
        const name = (cookie.split('=')[0] ?? '').slice(0, NAME_SHOWN_MAX)
        const missing = missingFrom(cookie, target.hostName)
        if (missing.length === 0) good.push(finding('COOKIE_PROTECTED', { name }))
        else bad.push(finding('COOKIE_UNPROTECTED', { name, missing: missing.join(', ') }))
      }
      return verdictOf(good, bad)
    },
  }
}

const NAME_SHOWN_MAX = 100

/** What a Set-Cookie line lacks of what RFC 6265bis lets a site demand. */
function missingFrom(line: string, hostName: string): string[] {
  const attributes = new Map(
    line
      .split(';')
      .slice(1)
      .map((part) => {
        const [name = '', value = ''] = part.split('=')
        return [name.trim().toLowerCase(), value.trim().toLowerCase()] as const
      }),
  )
  const domain = attributes.get('domain')?.replace(/^\./, '')
  return [
    ...(attributes.has('secure') ? [] : ['Secure']),
    ...(attributes.has('httponly') ? [] : ['HttpOnly']),
    ...(/^(lax|strict)$/.test(attributes.get('samesite') ?? '') ? [] : ['SameSite']),
    // Without Path a browser confines the cookie to the folder of the page: narrower, not wider.
    ...((attributes.get('path') ?? '/').startsWith('/') ? [] : ['Path']),
    ...(domain === undefined || domain === hostName ? [] : [`Domain ${domain}`]),
  ]
}

function signIn(target: WebTarget, login: ProberLogin, signal: AbortSignal): Promise<string[]> {
  const { host, port } = target.https
  const body = new URLSearchParams(login.fields).toString()
  const origin = `https://${target.hostName}:${port}`
  return new Promise((resolve, reject) => {
    const call = request({
      host,
      port,
      method: 'POST',
      path: login.path,
      servername: target.hostName,
      ca: target.ca,
      agent: false,
      signal,
      headers: {
        host: `${target.hostName}:${port}`,
        origin,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'veilig-prober',
      },
    })
    call.on('error', (error) => reject(notReached(`${host}:${port}`, error)))
    call.on('response', (response) => {
      response.resume()
      resolve(response.headers['set-cookie'] ?? [])
    })
    call.end(body)
  })
}
