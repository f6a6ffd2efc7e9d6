/**
 * The `mail` section of veilig.yaml.
 *
 * @module
 */
import { z } from 'zod'

export const categories = ['security', 'transactional', 'list'] as const

/**
 * `security` (password reset, lockout, breach) cannot be switched off by its reader and has a limit
 * of its own; `transactional` and `list` can.
 */
export type Category = (typeof categories)[number]

/** A program that may hand in mail, and what it may send. */
export type SenderConfig = {
  readonly name: string
  /** Domains it may use in From. Each has keys of ours, so what passes is aligned. */
  readonly domains: readonly string[]
  readonly categories: readonly Category[]
  readonly messagesPerMinute: number
  /** Domains it may write to; without it, any. */
  readonly recipientDomains?: readonly string[] | undefined
  /** Without it, one made at the first run: `secrets/mail-gateway/NAME-submission-password`. */
  readonly password?: string | undefined
}

/** Most mails one person gets, over all senders, lists and tenants. */
export type VictimLimit = { readonly perHour: number; readonly perDay: number }

/** Where mail goes. `demonstration` keeps it in a mailbox here, for places without internet. */
export type DeliveryConfig =
  | { readonly kind: 'demonstration' }
  | {
      readonly kind: 'mx'
      readonly resolvers: readonly string[]
      readonly port: number
      /**
       * The resolvers check DNSSEC, and nobody can speak for them on the way here: they run on this
       * machine. Only then DANE proves anything, and is enforced.
       */
      readonly validatingResolver: boolean
    }
  | {
      readonly kind: 'smarthost'
      readonly host: string
      readonly port: number
      readonly user?: string | undefined
      readonly password?: string | undefined
      readonly tls: 'required' | 'opportunistic'
    }

export type MailGatewayConfig = {
  /** Address on which programs hand in mail. */
  readonly listen: string
  /** Name in EHLO and in the greeting. */
  readonly hostname: string
  /** Domains in From; the first is the application's. A reserved name means: none yet. */
  readonly domains: readonly string[]
  /** SPF mechanisms of every address that sends: `ip4:192.0.2.1`, `include:relay.example`. */
  readonly spf: readonly string[]
  /** Hosts that receive mail for the domains, for MTA-STS. */
  readonly inbound: readonly string[]
  /** Where DMARC and TLS reports go; without it `dmarc-reports@` the first domain. */
  readonly reportAddress?: string | undefined
  /** Begin of every link in mails; without it `https://mail.localhost` on the HTTPS port. */
  readonly publicOrigin?: string | undefined
  readonly senders: readonly SenderConfig[]
  readonly sizeMax: number
  readonly recipientsMax: number
  readonly clientsMax: number
  readonly victim: VictimLimit
  readonly victimSecurity: VictimLimit
  readonly delivery: DeliveryConfig
  /** Where bounces and complaints come back; without it only refusals at the door are known. */
  readonly returns?: { readonly listen: string; readonly port: number } | undefined
  /** Where programs hand in mail by HTTPS; without it they do so by SMTP alone. */
  readonly api?: { readonly listen: string; readonly port: number } | undefined
  /** Folder with the application's templates, one file for each name and language. */
  readonly templates?: string | undefined
  /** Mails an hour beside the limit of each person; security mail is spared. */
  readonly rates: {
    readonly tenantPerHour: number
    /** From forms that one visitor's network filled in: `X-Veilig-Network`. */
    readonly networkPerHour: number
    readonly domainPerHour: number
  }
  /** Connections at once to one receiving domain. */
  readonly perDomain: number
  /** How long delivery is tried before the mail is given up. */
  readonly giveUpAfterHours: number
}

const hostname = z
  .string()
  .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]+$/, {
    message: 'must be a host name in lower case, IDN as xn--',
  })
const port = z.int().min(1).max(65_535)
const mechanism = z.string().regex(/^(ip4|ip6|include|a|mx)(:[\w.:/-]+)?$/, {
  message: 'must be an SPF mechanism such as ip4:192.0.2.1 or include:relay.example',
})

const victimLimit = (perHour: number, perDay: number): z.ZodType<VictimLimit> =>
  z
    .strictObject({
      perHour: z.int().min(1).max(1000).default(perHour),
      perDay: z.int().min(1).max(10_000).default(perDay),
    })
    .prefault({})

const sender: z.ZodType<SenderConfig> = z.strictObject({
  name: z
    .string()
    .regex(/^(?!prober$|status$)[a-z][a-z0-9-]{0,31}$/, 'lower case; not prober, status'),
  domains: z.array(hostname).min(1).max(100),
  categories: z
    .array(z.enum(categories))
    .min(1)
    .default([...categories]),
  messagesPerMinute: z.int().min(1).max(100_000).default(600),
  recipientDomains: z.array(hostname).max(1000).optional(),
  password: z.string().min(16).max(1024).optional(),
})

const delivery: z.ZodType<DeliveryConfig> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('demonstration') }),
  z.strictObject({
    kind: z.literal('mx'),
    resolvers: z.array(z.string().min(2).max(80)).max(8).default([]),
    port: port.default(25),
    validatingResolver: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('smarthost'),
    host: hostname,
    port: port.default(587),
    user: z.string().max(256).optional(),
    password: z.string().max(1024).optional(),
    tls: z.enum(['required', 'opportunistic']).default('required'),
  }),
])

/** Reserved by RFC 2606: nobody owns it, so nothing is claimed about it. */
export const DEMONSTRATION_DOMAIN = 'reservations.example'

export const mailGatewayConfig: z.ZodType<MailGatewayConfig> = z.strictObject({
  listen: z.string().min(1).max(255).default('127.0.0.1'),
  hostname: hostname.default('mail.localhost'),
  domains: z.array(hostname).min(1).max(100).default([DEMONSTRATION_DOMAIN]),
  spf: z.array(mechanism).max(20).default(['ip4:127.0.0.1']),
  inbound: z.array(hostname).max(20).default([]),
  reportAddress: z.email().optional(),
  publicOrigin: z.url({ protocol: /^https$/ }).optional(),
  senders: z
    .array(sender)
    .min(1)
    .max(100)
    .prefault([{ name: 'application', domains: [DEMONSTRATION_DOMAIN] }]),
  sizeMax: z
    .int()
    .min(1024)
    .max(100 * 1024 * 1024)
    .default(10 * 1024 * 1024),
  recipientsMax: z.int().min(1).max(1000).default(50),
  clientsMax: z.int().min(1).max(10_000).default(100),
  victim: victimLimit(3, 10),
  victimSecurity: victimLimit(10, 30),
  delivery: delivery.prefault({ kind: 'demonstration' }),
  returns: z
    .strictObject({
      listen: z.string().min(1).max(255).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(2526),
    })
    .optional(),
  api: z
    .strictObject({
      listen: z.string().min(1).max(255).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(2587),
    })
    .optional(),
  templates: z.string().min(1).max(4096).optional(),
  rates: z
    .strictObject({
      tenantPerHour: z.int().min(1).max(10_000_000).default(20_000),
      networkPerHour: z.int().min(1).max(1_000_000).default(60),
      domainPerHour: z.int().min(1).max(10_000_000).default(50_000),
    })
    .prefault({}),
  perDomain: z.int().min(1).max(50).default(4),
  giveUpAfterHours: z.int().min(1).max(240).default(72),
})

/** Mail to this domain reaches the prober on this machine; the name can never exist (RFC 6761). */
export const PROBE_DOMAIN = 'probe.invalid'

/** The prober as a sender: through the same door as everybody, to its own mailbox only. */
export function probeSender(config: MailGatewayConfig): SenderConfig {
  return {
    name: 'prober',
    domains: config.domains.slice(0, 1),
    categories: ['transactional'],
    messagesPerMinute: 120,
    recipientDomains: [PROBE_DOMAIN],
  }
}

/** The name under which the ring's own notices are handed in. */
export const NOTICE_SENDER = 'status'

/** Notices of breaches and of incidents: never more than a person can read. */
export function noticeSender(config: MailGatewayConfig): SenderConfig {
  return {
    name: NOTICE_SENDER,
    domains: config.domains.slice(0, 1),
    categories: ['security', 'list'],
    messagesPerMinute: 600,
  }
}

/** The name under which the console hands in what it tells people of the staff. */
export const STAFF_SENDER = 'console'

/** "Somebody tries your account", "somebody asks for the database": to staff alone, so a few. */
export function staffSender(config: MailGatewayConfig): SenderConfig {
  return {
    name: STAFF_SENDER,
    domains: config.domains.slice(0, 1),
    categories: ['security'],
    messagesPerMinute: 60,
  }
}

/** The name under which payments hand in what they tell a club. */
export const CLUB_SENDER = 'payments'

/** "Your payment service does not answer": to clubs alone, when it begins and when it is over. */
export function clubSender(config: MailGatewayConfig): SenderConfig {
  return {
    name: CLUB_SENDER,
    domains: config.domains.slice(0, 1),
    categories: ['security'],
    messagesPerMinute: 60,
  }
}

/** Whether a domain can be looked up by others: not one that is reserved for examples and tests. */
export function isPublicDomain(domain: string): boolean {
  return domain.includes('.') && !/(^|\.)(example|test|invalid|localhost|local)$/.test(domain)
}

/** Domain of envelope senders, below the domain of From: SPF aligns with it in relaxed mode. */
export function bounceDomain(domain: string): string {
  return `bounces.${domain}`
}
