/**
 * login.lockout: guesses passwords as an attacker would, then signs in as the owner would.
 *
 * That an attempt was not evaluated is shown by the right password being refused: a stranger who
 * knows it learns nothing. The probe has an account of its own to try this on. While it is locked
 * no guess is evaluated, so however often this is asked, it costs no more of a day's budget.
 *
 * @module
 */
import { request } from 'node:https'
import type { Finding } from '#lib/claims/statement.ts'
import { FaultError } from '#lib/errors.ts'
import type { ProberLockout } from '../config.ts'
import { COSTLY_SECONDS, finding, notReached, verdictOf, type Probe } from '../probe.ts'
import type { WebTarget } from './tls.ts'

/** More than any limit that protects somebody. */
const GUESSES_MAX = 12
const THROTTLED = 429
/** The gateway's name for a device that has signed in before. */
const DEVICE_COOKIE = '__Host-veilig-device'

export function loginLockoutProbe(target: WebTarget, login: ProberLockout): Probe {
  let device: string | undefined // of the last success: the owner's browser keeps it, too
  let isDoubted = false // the owner was not let in with it: perhaps it is of another time
  const wrong = { ...login.fields, [login.passwordField]: 'wrong-on-purpose' }
  return {
    version: 1,
    everySeconds: COSTLY_SECONDS,
    measure: async (signal) => {
      if (device === undefined || isDoubted) {
        const first = await signIn(target, login.path, login.fields, undefined, signal)
        device = first.device ?? device
        if (!first.welcome && device === undefined) {
          const message = `the right password got status ${first.status}; check prober.lockout`
          throw new FaultError('PROBE_NO_LOGIN', message)
        }
      }
      const good: Finding[] = []
      const bad: Finding[] = []
      let evaluated = 0
      let status = 0
      while (evaluated < GUESSES_MAX && status !== THROTTLED) {
        status = (await signIn(target, login.path, wrong, undefined, signal)).status
        if (status !== THROTTLED) evaluated++
      }
      const held = status === THROTTLED
      if (held) good.push(finding('LOGIN_LOCKED', { evaluated }))
      else bad.push(finding('LOGIN_NEVER_LOCKED', { attempts: evaluated }))
      const stranger = await signIn(target, login.path, login.fields, undefined, signal)
      if (stranger.welcome) bad.push(finding('LOGIN_EVALUATED_BEYOND'))
      else good.push(finding('LOGIN_NOT_EVALUATED', { status: stranger.status }))
      const owner = await signIn(target, login.path, login.fields, device, signal)
      if (owner.welcome) good.push(finding('LOGIN_OWNER_ADMITTED'))
      else bad.push(finding('LOGIN_OWNER_LOCKED_OUT', { status: owner.status }))
      device = owner.device ?? device
      isDoubted = !owner.welcome
      return verdictOf(good, bad)
    },
  }
}

type SignIn = {
  readonly status: number
  /** Whether a cookie other than the device's was set with a success. */
  readonly welcome: boolean
  readonly device: string | undefined
}

function signIn(
  target: WebTarget,
  path: string,
  fields: Readonly<Record<string, string>>,
  device: string | undefined,
  signal: AbortSignal,
): Promise<SignIn> {
  const { host, port } = target.https
  const name = `${target.hostName}:${port}`
  const body = new URLSearchParams(fields).toString()
  const cookie = device === undefined ? {} : { cookie: `${DEVICE_COOKIE}=${device}` }
  return new Promise((resolve, reject) => {
    const call = request({
      host,
      port,
      path,
      method: 'POST',
      servername: target.hostName,
      ca: target.ca,
      agent: false,
      signal,
      headers: {
        host: name,
        origin: `https://${name}`,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'veilig-prober',
        ...cookie,
      },
    })
    call.on('error', (error) => reject(notReached(`${host}:${port}`, error)))
    call.on('response', (response) => {
      response.resume()
      const pairs = (response.headers['set-cookie'] ?? []).map(
        (line) => line.split(';', 1)[0] ?? '',
      )
      const ours = pairs.find((pair) => pair.startsWith(`${DEVICE_COOKIE}=`))
      const status = response.statusCode ?? 0
      resolve({
        status,
        welcome: status < 400 && pairs.some((pair) => pair !== ours),
        device: ours?.slice(DEVICE_COOKIE.length + 1),
      })
    })
    call.end(body)
  })
}
