/**
 * The `status` section of veilig.yaml: what is watched, how often, and when it counts as down.
 *
 * @module
 */
import { z } from 'zod'
import { noteVerifier } from '#crypto/signed-note.ts'
import type { Objective } from '#lib/availability/budget.ts'
import type { PersonalTable } from './breach/exposure.ts'
import { demonstrationCustomers, demonstrationTables } from './breach/demonstration.ts'

/** A place on the network. */
export type Target = { readonly host: string; readonly port: number }

/** How a component is looked at. */
export type MonitorConfig =
  | (Target & {
      readonly kind: 'https'
      /** Sent as Host and checked against the certificate. */
      readonly hostName: string
      readonly path: string
    })
  | (Target & {
      readonly kind: 'tcp'
      /** What it says first, when it speaks first: '220' for SMTP. */
      readonly greeting?: string | undefined
    })
  | (Target & { readonly kind: 'postgres' })
  | (Target & { readonly kind: 'http'; readonly hostName: string; readonly path: string })
  | (Target & {
      readonly kind: 'tls'
      /** Sent as server name and checked against the certificate. */
      readonly hostName: string
      /** Down when the certificate ends sooner. */
      readonly daysLeft: number
    })
  | (Target & { readonly kind: 'smtp'; readonly hostName: string })
  | (Target & {
      readonly kind: 'dns'
      readonly name: string
      readonly type: 'A' | 'AAAA' | 'MX' | 'TXT' | 'CNAME' | 'NS'
      /** One of the answers; MX as '10 mail.example'. */
      readonly expect?: string | undefined
    })
  | (Target & {
      readonly kind: 'journey'
      readonly hostName: string
      readonly steps: readonly {
        readonly path: string
        /** Sent by POST; without it the step is a GET. */
        readonly form?: Readonly<Record<string, string>> | undefined
        readonly status: readonly number[]
        /** Stands on the page. */
        readonly text?: string | undefined
      }[]
    })
  /** Says itself that it lives; `veilig status beats` tells where. */
  | { readonly kind: 'heartbeat'; readonly everySeconds: number }

export type ComponentConfig = {
  readonly id: string
  /** As the public reads it; one name for all languages, or one for each. */
  readonly name: { readonly nl: string; readonly en: string; readonly fr: string }
  readonly monitor: MonitorConfig
}

export type StatusConfig = {
  readonly operator: string
  /** Without it the ring's own doors are watched. */
  readonly components?: readonly ComponentConfig[] | undefined
  readonly intervalSeconds: number
  readonly timeoutSeconds: number
  /** Checks in a row before a state is told. */
  readonly confirmDown: number
  readonly confirmUp: number
  /** What we must be able to reach ourselves before we judge others; else our own loopback. */
  readonly reference?: Target | undefined
  /** Who else looks and reports here: verifier keys, as `veilig run vantage` prints its own. */
  readonly vantages: readonly { readonly key: string }[]
  /** Only where `veilig run vantage` runs: its name, and where it reports to. */
  readonly vantage?: { readonly name: string; readonly report: string } | undefined
  readonly breach: BreachConfig
  /** Begin of links in notices; without it `https://status.localhost` on the HTTPS port. */
  readonly publicOrigin?: string | undefined
  readonly subscriptions: SubscriptionsConfig
  readonly objective: ObjectiveConfig
}

/** What each component shall be: a burn of what it leaves is told before it is missed. */
export type ObjectiveConfig = Objective

export type SubscriptionsConfig = {
  readonly enabled: boolean
  /** Subscriptions there may be, confirmed or not; who comes after is pointed to the feed. */
  readonly most: number
}

export type BreachConfig = {
  /** Whose data they are: a processor tells its customers, a controller the authority. */
  readonly role: 'processor' | 'controller'
  /** "Without undue delay" (GDPR art. 33(2)) as hours from being aware; our own promise. */
  readonly customerNoticeHours: number
  /** Name and address of who answers questions (art. 33(3)(b)). */
  readonly contact: string
  /** Tables with data of persons, for counting whose were read. */
  readonly data: readonly PersonalTable[]
  /**
   * SQL of the operator's own that says who the customers are: rows of `tenant` (as the tables name
   * it), `name`, `language` (nl, en, fr) and `mail`.
   */
  readonly customers: string
}

const port = z.int().min(1).max(65_535)
const target = { host: z.string().min(1).max(253), port }
const site = {
  hostName: z.string().min(1).max(253),
  path: z.string().startsWith('/').max(1000).default('/'),
}
const step = z.strictObject({
  path: z.string().startsWith('/').max(1000),
  form: z.record(z.string().max(100), z.string().max(1000)).optional(),
  status: z.array(z.int().min(100).max(599)).min(1).max(10).default([200]),
  text: z.string().min(1).max(500).optional(),
})
const monitor: z.ZodType<MonitorConfig> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('https'),
    ...target,
    hostName: z.string().min(1).max(253),
    path: z.string().startsWith('/').max(1000).default('/'),
  }),
  z.strictObject({
    kind: z.literal('tcp'),
    ...target,
    greeting: z.string().min(1).max(100).optional(),
  }),
  z.strictObject({ kind: z.literal('postgres'), ...target }),
  z.strictObject({ kind: z.literal('http'), ...target, ...site }),
  z.strictObject({
    kind: z.literal('tls'),
    ...target,
    hostName: site.hostName,
    daysLeft: z.int().min(0).max(365).default(14),
  }),
  z.strictObject({ kind: z.literal('smtp'), ...target, hostName: site.hostName }),
  z.strictObject({
    kind: z.literal('dns'),
    ...target,
    port: port.default(53),
    name: z.string().min(1).max(253),
    type: z.enum(['A', 'AAAA', 'MX', 'TXT', 'CNAME', 'NS']).default('A'),
    expect: z.string().min(1).max(500).optional(),
  }),
  z.strictObject({
    kind: z.literal('journey'),
    ...target,
    hostName: site.hostName,
    steps: z.array(step).min(1).max(20),
  }),
  z.strictObject({
    kind: z.literal('heartbeat'),
    everySeconds: z.number().min(5).max(604_800),
  }),
])

const oneName = z.string().min(1).max(60)
const name: z.ZodType<ComponentConfig['name']> = z.union([
  oneName.transform((text) => ({ nl: text, en: text, fr: text })),
  z.strictObject({ nl: oneName, en: oneName, fr: oneName }),
])

const component: z.ZodType<ComponentConfig> = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'lower case letters, digits and hyphens'),
  name,
  monitor,
})

const column = z.string().min(1).max(63)
const breach: z.ZodType<BreachConfig> = z.strictObject({
  role: z.enum(['processor', 'controller']).default('processor'),
  customerNoticeHours: z.number().min(1).max(72).default(24),
  contact: z.string().min(3).max(200).default('security@localhost'),
  data: z
    .array(
      z.strictObject({
        table: z.string().min(1).max(130),
        tenant: column,
        person: column,
        record: column,
        columns: z.record(column, z.string().min(1).max(100)),
      }),
    )
    .max(200)
    .default([...demonstrationTables]),
  customers: z.string().min(1).max(5000).default(demonstrationCustomers),
})

const subscriptions: z.ZodType<SubscriptionsConfig> = z.strictObject({
  enabled: z.boolean().default(true),
  most: z.int().min(1).max(1_000_000).default(100_000),
})

const objective: z.ZodType<ObjectiveConfig> = z.strictObject({
  percent: z.number().min(50).max(99.999).default(99.9),
  days: z.int().min(1).max(90).default(30),
})

export const statusConfig: z.ZodType<StatusConfig> = z.strictObject({
  operator: z.string().min(1).max(100).default('Demonstration club service'),
  components: z
    .array(component)
    .min(1)
    .max(50)
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'ids must differ')
    .optional(),
  intervalSeconds: z.number().min(1).max(300).default(10),
  timeoutSeconds: z.number().min(0.1).max(60).default(5),
  confirmDown: z.int().min(1).max(10).default(2),
  confirmUp: z.int().min(1).max(10).default(2),
  reference: z.strictObject(target).optional(),
  vantages: z
    .array(z.strictObject({ key: z.string().max(300).refine(isVerifierKey, 'a verifier key') }))
    .max(20)
    .default([]),
  vantage: z
    .strictObject({
      name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'lower case letters, digits, dots'),
      report: z.url({ protocol: /^https$/ }),
    })
    .optional(),
  breach: breach.prefault({}),
  publicOrigin: z.url({ protocol: /^https$/ }).optional(),
  subscriptions: subscriptions.prefault({}),
  objective: objective.prefault({}),
})

function isVerifierKey(key: string): boolean {
  try {
    return noteVerifier(key).name !== ''
  } catch {
    return false // whatever is wrong with it
  }
}
