/** Claim login.lockout: guessing is stopped, and the owner is not. */
import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startGateway, startUpstream, testAuthority } from '#kit/web-gateway.ts'
import { DEVICE_COOKIE } from '#lib/lockout/device-cookie.ts'
import { loginLockoutProbe } from '#services/prober/probes/login-lockout.ts'

const account = {
  path: '/login',
  fields: { email: 'probe@club.example', password: 'right' },
  passwordField: 'password',
}
const loginGuard = [{ path: '/login', success: { setsCookie: 'session' } }]

type Application = Awaited<ReturnType<typeof startUpstream>>

/** @param locksAfter Failures after which the application itself refuses everyone. */
function startApplication(
  locksAfter: number = Infinity,
  status: number = 401,
): Promise<Application> {
  let failures = 0
  return startUpstream((request, response) => {
    void text(request).then((body) => {
      if (failures >= locksAfter) return response.writeHead(429).end()
      if (body.includes('password=right')) {
        return response.writeHead(303, { 'set-cookie': 'session=1' }).end()
      }
      failures++
      return response.writeHead(status).end()
    })
  })
}

async function measure(application: Application, config: object): Promise<Measured> {
  await using gateway = await startGateway({ localhost: application.address }, { ...config })
  const https = { host: '127.0.0.1', port: gateway.httpsPort }
  const target = { https, plain: https, hostName: 'localhost', ca: testAuthority }
  const probe = loginLockoutProbe(target, account)
  const first = await measureClaim('login.lockout', probe)
  const again = await measureClaim('login.lockout', probe)
  assert.equal(again.state, first.state, 'what it tried before does not change the verdict')
  return first
}

test('login.lockout: proven by the gateway, though the application counts nothing', async () => {
  await using application = await startApplication()
  const { state, codes, values } = await measure(application, { loginGuard })
  assert.equal(state, 'proven', values)
  assert.deepEqual(codes, ['LOGIN_LOCKED', 'LOGIN_NOT_EVALUATED', 'LOGIN_OWNER_ADMITTED'])
})

test('login.lockout: without a guard every guess is evaluated, and that shows', async () => {
  await using application = await startApplication(Infinity, 200)
  const { state, codes } = await measure(application, {})
  assert.equal(state, 'failing')
  assert(codes.includes('LOGIN_NEVER_LOCKED') && codes.includes('LOGIN_EVALUATED_BEYOND'))
})

test('login.lockout: a lock that shuts the owner out as well shows it false', async () => {
  await using application = await startApplication(3)
  await using gateway = await startGateway({ localhost: application.address })
  const https = { host: '127.0.0.1', port: gateway.httpsPort }
  const target = { https, plain: https, hostName: 'localhost', ca: testAuthority }
  const { state, codes } = await measureClaim('login.lockout', loginLockoutProbe(target, account))
  assert.equal(state, 'failing')
  assert(codes.includes('LOGIN_OWNER_LOCKED_OUT'))
})

test('login.lockout: the probe knows the gateway’s cookie by the name the gateway gives it', () => {
  assert.equal(DEVICE_COOKIE, '__Host-veilig-device')
})
