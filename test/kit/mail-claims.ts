/** What the mail probes look at: a gateway, its pages over HTTPS, DNS, and the prober's mailbox. */
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { bounceDomain, PROBE_DOMAIN } from '#services/mail-gateway/config.ts'
import { deliverer } from '#services/mail-gateway/transport.ts'
import { MailEcho } from '#services/prober/mail/echo.ts'
import type { DnsTarget, MailTarget } from '#services/prober/mail/target.ts'
import {
  DOMAIN,
  mailAuthority,
  mailTls,
  PASSWORD,
  resolver,
  startMailGateway,
  type TestMailGateway,
} from './mail-gateway.ts'
import { temporaryFolder } from './postgres.ts'

export type MailClaim = AsyncDisposable & {
  readonly gateway: TestMailGateway
  readonly target: MailTarget
  /** What happens to a mail's text on the last hop; undefined loses it. */
  change: (text: string) => string | undefined
}

/** @param config The section of veilig.yaml, without defaults. */
export async function startMailClaim(
  config: Readonly<Record<string, unknown>> = {},
): Promise<MailClaim> {
  await using started = new AsyncDisposableStack()
  const folder = await temporaryFolder('mail-claim')
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const echo = started.use(new MailEcho(join(folder, 'echo.sock')))
  await echo.listen()
  const httpSocket = join(folder, 'http.sock')
  const web = createServer(
    { key: mailTls.keyPem, cert: mailTls.certificatePem },
    (asked, answer) => {
      const { method, url, headers } = asked
      const inner = request({ socketPath: httpSocket, method, path: url, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 0, response.headers)
        response.pipe(answer)
      })
      asked.pipe(inner)
    },
  )
  web.listen(0, '127.0.0.1')
  await once(web, 'listening')
  started.defer(() => void web.close())
  const https = { host: '127.0.0.1', port: (web.address() as AddressInfo).port }
  const toEcho = deliverer({ kind: 'demonstration' }, 'mail.localhost', join(folder, 'echo.sock'))
  const gateway = started.use(
    await startMailGateway(config, {
      deliver: async (parcel) => {
        const text = claim.change(Buffer.from(parcel.bytes).toString('latin1'))
        if (text === undefined) return { kind: 'delivered', reply: 'lost' }
        return toEcho({ ...parcel, bytes: Buffer.from(text, 'latin1') })
      },
      httpSocket,
      publicOrigin: `https://mail.localhost:${https.port}`,
    }),
  )
  const all = started.move()
  const target: MailTarget = {
    submission: { host: '127.0.0.1', port: gateway.port },
    user: 'application',
    password: PASSWORD,
    ca: mailAuthority,
    domain: DOMAIN,
    probeDomain: PROBE_DOMAIN,
    echo,
    https,
  }
  const claim: MailClaim = {
    gateway,
    target,
    change: (text) => text,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
  return claim
}

/** The test's DNS as if the domain were somebody's; `change` answers first when it knows better. */
export function dnsTarget(
  change: (name: string, type: string) => string | undefined = () => undefined,
): DnsTarget {
  return {
    domain: DOMAIN,
    bounceDomain: bounceDomain(DOMAIN),
    isPublic: true,
    addresses: ['127.0.0.1'],
    lookup: async (name, type) => {
      const changed = change(name, type)
      return changed === undefined ? resolver(name, type) : [[changed]]
    },
  }
}
