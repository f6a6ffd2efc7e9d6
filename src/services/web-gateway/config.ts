/**
 * The `webGateway` section of veilig.yaml. Every field has a default; the defaults are what the
 * claims need.
 *
 * @module
 */
import { createPublicKey } from 'node:crypto'
import { z } from 'zod'
import type { CookieConfig } from './cookies.ts'
import { guardedRoute, type GuardedRoute } from './guard-config.ts'
import { parseHsts, type HeaderConfig } from './headers.ts'
import type { TileLog } from './issuance/tile-log.ts'
import { rateLimitedRoute, type RateLimitedRoute } from './route-rates.ts'
import type { TlsPolicyName } from './tls-policy.ts'

/** What one client, and all of them together, may use. Sizes in bytes, times in milliseconds. */
export type LimitsConfig = {
  readonly headMax: number
  readonly targetMax: number
  readonly fieldCountMax: number
  readonly bodyMax: number
  readonly connectionsMax: number
  /** From one address; beyond it 429, beyond twice as many not even a handshake. */
  readonly connectionsPerAddressMax: number
  readonly handshakeTimeoutMs: number
  /** From the first byte of a head to its last. */
  readonly headTimeoutMs: number
  /** Between two requests on one connection. */
  readonly keepAliveMs: number
  /** Between two pieces of a request body. */
  readonly bodyIdleMs: number
  /** How long a client may leave what we sent it unread. */
  readonly clientStallMs: number
  readonly upstreamConnectMs: number
  /** How long requests wait for an application that nobody can reach, since it went: a restart. */
  readonly upstreamGraceMs: number
  /** From the end of the request to the head of the response. */
  readonly responseMs: number
  /** Between two pieces of a response body; event streams need some. */
  readonly responseIdleMs: number
  /** Without a byte in either direction of a WebSocket. */
  readonly tunnelIdleMs: number
  readonly upstreamConnectionsMax: number
  /** Requests that wait for one of them. */
  readonly upstreamQueueMax: number
  /** How long an unused connection to the application is kept; below what the application keeps. */
  readonly upstreamIdleMs: number
  /** At stop, for what was accepted. */
  readonly drainMs: number
}

export type TlsConfig = {
  /** `modern` is TLS 1.3 alone, `legacy` goes back to TLS 1.0 and is graded B for it. */
  readonly policy: TlsPolicyName
  /** PEM, leaf first. Without both, the local authority's certificate serves. */
  readonly certificateFile?: string | undefined
  readonly keyFile?: string | undefined
  /** Who has the keys of session tickets together: this machine, or all on the control database. */
  readonly ticketKeys: 'machine' | 'control-database'
}

export type CountersConfig = {
  /** `redis://` or `rediss://`: logins and limited requests are then counted once for all. */
  readonly valkeyUrl?: string | undefined
}

export type CspConfig = {
  /**
   * Whether the policy of an application that sends none is learned from its pages and enforced by
   * `veilig csp enforce`; else `headers.contentSecurityPolicy` holds for it from the start.
   */
  readonly autopilot: boolean
}

export type UpstreamConfig = {
  /** `http://HOST:PORT` or `unix:/PATH`. */
  readonly servers: readonly string[]
  /** Asked for of each server; 200 to 399 is well. Without it, only connections that fail count. */
  readonly healthPath?: string | undefined
  readonly healthIntervalMs: number
  readonly healthTimeoutMs: number
}

/** Certificates from an authority that speaks ACME (RFC 8555). */
export type AcmeConfig = {
  readonly directoryUrl: string
  /** Names of one certificate; `*.` only with `dns-01`. */
  readonly names: readonly string[]
  /** `mailto:` addresses for the authority's warnings. */
  readonly contact: readonly string[]
  readonly challenge: 'http-01' | 'tls-alpn-01' | 'dns-01'
  /** Program called as `HOOK present|remove NAME VALUE`; it returns when the record can be seen. */
  readonly dnsHook?: string | undefined
  /** Of the authority's certificate profiles: `shortlived`, say. */
  readonly profile?: string | undefined
  /** Who vouches for the authority's own server, PEM, when it is a private one. */
  readonly caFile?: string | undefined
  /** Where several gateways share one order: files of this machine, or the control database. */
  readonly book: 'files' | 'control-database'
}

/** Public logs of certificates, asked for what was issued for our names. */
export type CertificateWatchConfig = {
  /** Address that answers as crt.sh or Cert Spotter does, with `{name}` where the name goes. */
  readonly source?: string | undefined
  /** Public logs that are read themselves, by their tiles. */
  readonly logs: readonly TileLog[]
  readonly names: readonly string[]
  readonly hours: number
}

export type WebGatewayConfig = {
  /** Addresses to listen on. */
  readonly listen: readonly string[]
  /** Host name → one of `upstreams` or of ours by name, `http://HOST:PORT` or `unix:/PATH`. */
  readonly hosts: Readonly<Record<string, string>>
  /** Name → the servers of an application that has several. */
  readonly upstreams: Readonly<Record<string, UpstreamConfig>>
  /** Whether plain HTTP is answered, with a redirect. */
  readonly redirect: boolean
  /** The HTTPS port visitors see, when a port mapping stands before us. */
  readonly publicPort?: number | undefined
  /** Networks whose X-Forwarded-For is believed, as CIDR. */
  readonly trustedProxies: readonly string[]
  readonly accessLog: boolean
  readonly tls: TlsConfig
  readonly acme?: AcmeConfig | undefined
  /** Tells when a certificate of our names was issued that we never showed. */
  readonly certificateWatch?: CertificateWatchConfig | undefined
  readonly headers: HeaderConfig
  readonly cookies: CookieConfig
  readonly csp: CspConfig
  /** Where people sign in; wrong passwords are counted there. */
  readonly loginGuard?: readonly GuardedRoute[] | undefined
  readonly rateLimits: readonly RateLimitedRoute[]
  readonly counters: CountersConfig
  readonly limits: LimitsConfig
  /** Processes that answer together on the same ports; each takes some 95 MiB. */
  readonly workers: number
}

const KIB = 1024
const GIB = 1024 ** 3
const SECOND = 1000
const MINUTE = 60 * SECOND
const YEAR_SECONDS = 31_536_000

const sizes = (standard: number, min: number, max: number): z.ZodType<number> =>
  z.int().min(min).max(max).default(standard)
const times = (standard: number, min: number = 100): z.ZodType<number> =>
  z
    .int()
    .min(min)
    .max(24 * 60 * MINUTE)
    .default(standard)

const limits: z.ZodType<LimitsConfig> = z.strictObject({
  headMax: sizes(32 * KIB, KIB, 256 * KIB),
  targetMax: sizes(8 * KIB, 256, 64 * KIB),
  fieldCountMax: sizes(100, 10, 1000),
  bodyMax: sizes(GIB, 0, 1024 * GIB),
  connectionsMax: sizes(10_000, 10, 1_000_000),
  connectionsPerAddressMax: sizes(1_000, 1, 1_000_000),
  handshakeTimeoutMs: times(10 * SECOND),
  headTimeoutMs: times(10 * SECOND),
  keepAliveMs: times(65 * SECOND),
  bodyIdleMs: times(30 * SECOND),
  clientStallMs: times(2 * MINUTE),
  upstreamConnectMs: times(5 * SECOND),
  upstreamGraceMs: times(5 * SECOND, 0),
  responseMs: times(MINUTE),
  responseIdleMs: times(5 * MINUTE),
  tunnelIdleMs: times(60 * MINUTE),
  upstreamConnectionsMax: sizes(256, 1, 65_535),
  upstreamQueueMax: sizes(1_024, 0, 65_535),
  upstreamIdleMs: times(4 * SECOND),
  drainMs: times(5 * SECOND, 0),
})

const tls: z.ZodType<TlsConfig> = z
  .strictObject({
    policy: z.enum(['modern', 'intermediate', 'legacy']).default('intermediate'),
    certificateFile: z.string().min(1).optional(),
    keyFile: z.string().min(1).optional(),
    ticketKeys: z.enum(['machine', 'control-database']).default('machine'),
  })
  .refine((given) => (given.certificateFile === undefined) === (given.keyFile === undefined), {
    message: 'certificateFile and keyFile go together',
  })

const dnsName = z
  .string()
  .regex(/^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,62})\.)+[a-z0-9-]{2,63}$/, 'a DNS name, lower case')

const acme: z.ZodType<AcmeConfig> = z
  .strictObject({
    directoryUrl: z
      .url({ protocol: /^https$/ })
      .default('https://acme-v02.api.letsencrypt.org/directory'),
    names: z.array(dnsName).min(1).max(100),
    contact: z.array(z.string().startsWith('mailto:')).max(10).default([]),
    challenge: z.enum(['http-01', 'tls-alpn-01', 'dns-01']).default('http-01'),
    dnsHook: z.string().min(1).optional(),
    profile: z.string().min(1).max(64).optional(),
    caFile: z.string().min(1).optional(),
    book: z.enum(['files', 'control-database']).default('files'),
  })
  .refine((given) => (given.challenge === 'dns-01') === (given.dnsHook !== undefined), {
    message: 'dns-01 needs dnsHook, and only dns-01 does',
  })
  .refine(
    (given) => given.challenge === 'dns-01' || !given.names.some((name) => name.startsWith('*')),
    { message: 'names with * need dns-01' },
  )

/** Visible ASCII: what may stand in a field line, so that no value ends the line early. */
const fieldValue = z.string().regex(/^[\x20-\x7e]{1,4096}$/, 'must be one line of plain text')

/**
 * Everything from the own origin, nothing from elsewhere, no inline script or style. An application
 * that needs more sends a policy of its own, which is kept.
 */
const defaultCsp =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "font-src 'self'; connect-src 'self'; media-src 'self'; manifest-src 'self'; " +
  "worker-src 'self'; frame-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"

const headers: z.ZodType<HeaderConfig> = z.strictObject({
  contentSecurityPolicy: fieldValue.default(defaultCsp),
  strictTransportSecurity: fieldValue
    .refine((value) => parseHsts(value) !== undefined, 'must have one max-age=SECONDS')
    .default(`max-age=${2 * YEAR_SECONDS}; includeSubDomains`),
  frameOptions: z.enum(['DENY', 'SAMEORIGIN']).default('SAMEORIGIN'),
  referrerPolicy: z
    .enum(['no-referrer', 'same-origin', 'strict-origin', 'strict-origin-when-cross-origin'])
    .default('strict-origin-when-cross-origin'),
  permissionsPolicy: fieldValue.default(
    'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()',
  ),
  expectCt: fieldValue.optional(),
})

const cookies: z.ZodType<CookieConfig> = z.strictObject({
  mode: z.enum(['enforce', 'learn']).default('enforce'),
  readByScripts: z.array(z.string().min(1).max(256)).max(100).default([]),
})

const tileLog: z.ZodType<TileLog> = z.strictObject({
  url: z
    .string()
    .max(1024)
    .regex(/^https:\/\/\S+$/, 'https://…, the monitoring_url of a list of logs'),
  key: z.base64().max(4096).refine(isPublicKey, 'the key of a list of logs, as it stands there'),
})

const certificateWatch: z.ZodType<CertificateWatchConfig> = z
  .strictObject({
    source: z
      .string()
      .max(1024)
      .regex(/^https:\/\/\S*\{name\}\S*$/, 'https://…, with {name} where the name goes')
      .optional(),
    logs: z.array(tileLog).max(50).default([]),
    names: z.array(z.string().min(1).max(253)).min(1).max(100),
    hours: z.number().min(0.1).max(168).default(12),
  })
  .refine(({ source, logs }) => source !== undefined || logs.length > 0, {
    message: 'name a source, or logs, or both',
  })

const counters: z.ZodType<CountersConfig> = z.strictObject({
  valkeyUrl: z
    .string()
    .regex(/^(?:rediss?:\/\/|unix:\/\/\/)\S+$/, 'redis://HOST:PORT, rediss://… or unix:///PATH')
    .optional(),
})

const csp: z.ZodType<CspConfig> = z.strictObject({ autopilot: z.boolean().default(true) })

const host = z
  .string()
  .regex(
    /^(?:[a-z0-9][a-z0-9._-]{0,253}|\[[0-9a-f:.]{2,45}\])$/,
    'a host name, lower case, no port',
  )
const server = z
  .string()
  .regex(/^(?:http:\/\/[^/\s:]+:\d+|unix:\/\S+)$/, 'http://HOST:PORT or unix:/PATH')

const upstreamName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'a name in lower case')

const upstreams: z.ZodType<Readonly<Record<string, UpstreamConfig>>> = z.record(
  upstreamName,
  z.strictObject({
    servers: z.array(server).min(1).max(64),
    healthPath: z
      .string()
      .regex(/^\/[!-~]*$/, 'a path')
      .optional(),
    healthIntervalMs: times(5 * SECOND),
    healthTimeoutMs: times(2 * SECOND),
  }),
)

/** Applications that the ring itself knows by name. */
const ownUpstreams: readonly string[] = [
  'application',
  'console',
  'mail-gateway',
  'mailbox',
  'payment-twins',
  'payments',
  'status',
  'trust',
]

const defaultHosts = {
  localhost: 'application',
  '127.0.0.1': 'application',
  '[::1]': 'application',
  'trust.localhost': 'trust',
  'status.localhost': 'status',
  'console.localhost': 'console',
  'mail.localhost': 'mail-gateway',
  'mailbox.localhost': 'mailbox',
  'pay.localhost': 'payments',
  'paypal-twin.localhost': 'payment-twins',
  'paybox-twin.localhost': 'payment-twins',
}

/** The schema of the section. */
export const webGatewayConfig: z.ZodType<WebGatewayConfig> = z
  .strictObject({
    listen: z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .min(1)
      .max(16)
      .default(['127.0.0.1', '::1']),
    hosts: z.record(host, z.union([server, upstreamName])).default(defaultHosts),
    upstreams: upstreams.prefault({}),
    redirect: z.boolean().default(true),
    publicPort: z.int().min(1).max(65_535).optional(),
    trustedProxies: z
      .array(z.union([z.cidrv4(), z.cidrv6()]))
      .max(256)
      .default([]),
    accessLog: z.boolean().default(true),
    tls: tls.prefault({}),
    acme: acme.optional(),
    certificateWatch: certificateWatch.optional(),
    headers: headers.prefault({}),
    cookies: cookies.prefault({}),
    csp: csp.prefault({}),
    loginGuard: z.array(guardedRoute).max(100).optional(),
    rateLimits: z.array(rateLimitedRoute).max(100).default([]),
    counters: counters.prefault({}),
    limits: limits.prefault({}),
    workers: z.int().min(1).max(64).default(1),
  })
  .superRefine(({ hosts, upstreams: groups }, context) => {
    for (const [name, to] of Object.entries(hosts)) {
      if (to.includes(':') || ownUpstreams.includes(to) || to in groups) continue
      const known = [...ownUpstreams, ...Object.keys(groups)].join(', ')
      const message = `'${to}' is neither http://HOST:PORT, unix:/PATH nor one of: ${known}`
      context.addIssue({ code: 'custom', path: ['hosts', name], message })
    }
  })
  .readonly()

function isPublicKey(base64: string): boolean {
  try {
    createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })
    return true
  } catch {
    return false
  }
}
