/**
 * `oidc-provider` as a process of its own: a company's OpenID Connect provider over TLS, in whose
 * pages somebody signs in by typing a name. What it says of him is chosen by the test.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { temporaryFolder } from './postgres.ts'
import { testAuthority, testCertificate } from './web-gateway.ts'

const folder = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'veilig-tests/oidc-provider-9.13.3',
)

export type TestProvider = AsyncDisposable & {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Of the authority of its certificate. */
  readonly caFile: string
}

/** @param origin Of the client. @param claims Of each account, by the name that is typed. */
export async function startProvider(
  origin: string,
  claims: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Promise<TestProvider> {
  assert(existsSync(folder), 'run .ci/oidc-provider first')
  const place = await temporaryFolder('oidc')
  const client = { clientId: 'veilig', clientSecret: 'a-secret-of-the-test-alone' }
  const caFile = join(place, 'ca.pem')
  await writeFile(caFile, testAuthority)
  const settings = { origin, claims, ...client, ...testCertificate }
  const script = join(place, 'provider.mjs')
  await writeFile(script, program(join(folder, 'node_modules/oidc-provider/lib/index.js')))
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(settings))
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return {
    issuer: line,
    ...client,
    caFile,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.kill()) await once(child, 'exit')
      await rm(place, { recursive: true, force: true })
    },
  }
}

function program(library: string): string {
  return `
import { createServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { Provider } from ${JSON.stringify(library)}
const { origin, claims, clientId, clientSecret, certificatePem, keyPem } =
  JSON.parse(await text(process.stdin))
const server = createServer({ cert: certificatePem, key: keyPem }).listen(0, '127.0.0.1', () => {
  const issuer = 'https://localhost:' + server.address().port
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret,
      redirect_uris: [origin + '/login/provider/back'] }],
    claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => '/interaction/' + uid },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...claims[id] }) }),
    loadExistingGrant: async ({ oidc }) => {
      const { clientId, session: { accountId } } = { clientId: oidc.client.clientId, ...oidc }
      const grant = new oidc.provider.Grant({ clientId, accountId })
      grant.addOIDCScope('openid email')
      await grant.save()
      return grant
    },
  })
  const answer = provider.callback()
  server.on('request', async (incoming, outgoing) => {
    if (!incoming.url.startsWith('/interaction/')) return answer(incoming, outgoing)
    if (incoming.method === 'GET') {
      outgoing.setHeader('content-type', 'text/html')
      return outgoing.end('<form method="post" action="' + issuer + incoming.url + '">')
    }
    const accountId = new URLSearchParams(await text(incoming)).get('login')
    const { amr = [] } = claims[accountId] ?? {}
    await provider.interactionFinished(incoming, outgoing, { login: { accountId, amr } })
  })
  console.log(issuer)
})
`
}
