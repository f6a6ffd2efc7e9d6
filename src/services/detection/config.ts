/**
 * The `detection` section of veilig.yaml.
 *
 * @module
 */
import { z } from 'zod'
import { sanctionKinds, type Sanction } from '#lib/sanctions.ts'
import { readRange } from '#system/address-ranges.ts'
import { detectors } from './detectors.ts'

/** Where an alert goes. Drills (synthetic attacks of the prober) go only where they are wanted. */
export type ChannelConfig =
  | {
      readonly kind: 'webhook'
      readonly name: string
      /** Who reads it: the body is the alert itself, or what that service shows. */
      readonly shape: 'veilig' | 'slack' | 'teams' | 'ntfy'
      readonly url: string
      /** Key of the HMAC-SHA256 in the header `veilig-signature`. */
      readonly secret: string
      readonly drills: boolean
    }
  | {
      readonly kind: 'mail'
      readonly name: string
      /** smtp:// or smtps://, with user and password. */
      readonly url: string
      readonly from: string
      readonly to: readonly string[]
      readonly drills: boolean
    }
  /** One JSON line for each alert, in `alerts.jsonl` of the data folder. */
  | { readonly kind: 'file'; readonly name: string; readonly drills: boolean }

/** What is done by itself about an alert; `veilig alerts undo` takes it back. */
export type ResponseRule = {
  /** Ids of detectors; one that ends in `*` names all that begin so. */
  readonly detectors: readonly string[]
  /** End the session; or also refuse its address, or its role, for a while. */
  readonly action: Sanction['kind']
  /** Observe: it is only recorded what would have been done. */
  readonly mode: 'observe' | 'enforce'
  readonly minutes: number
}

export type DetectionConfig = {
  readonly respond: {
    readonly rules: readonly ResponseRule[]
    /** Whom no rule touches, whatever they do. */
    readonly spareRoles: readonly string[]
    readonly spareAddresses: readonly string[]
  }
  readonly channels: readonly ChannelConfig[]
  readonly escalation: {
    /** Minutes after which a grave incident that nobody acknowledged is told again. */
    readonly afterMinutes: number
    /** Names of the channels it is told on then, and not before. */
    readonly channels: readonly string[]
  }
  /** Roles whose work is to change the database: only critical primitives are told of them. */
  readonly administrators: readonly string[]
  /** Roles of synthetic attacks: each is an incident of its own, and none wakes anybody. */
  readonly drillRoles: readonly string[]
  /** Roles that need not exist: the status page asks with them whether the door answers. */
  readonly monitorRoles: readonly string[]
  /** Detectors that are switched off, by id; that they are is itself told. */
  readonly off: readonly string[]
  /** What nobody has a reason to touch: a touch of it is an alert. */
  readonly honeytokens: {
    readonly roles: readonly string[]
    /** Named in connection strings that lie about to be found; they need not exist. */
    readonly databases: readonly string[]
    readonly tables: readonly string[]
    /** Texts that no honest statement holds: the address of a member who does not exist. */
    readonly texts: readonly string[]
  }
  /** What is judged later than this, for as long as this, is told to be late. */
  readonly behindMs: number
  /** Days without a session after which an account sleeps. */
  readonly dormantDays: number
  /** Alerts of one kind by one account and address within this are one incident. */
  readonly incidentMinutes: number
  readonly bruteForce: {
    /** Failed logins within a minute. */
    readonly perMinute: number
    /** Failed logins within an hour: a patient attacker. */
    readonly perHour: number
  }
  /** The record against the server's own view. */
  readonly reconcile: {
    /** From one look to the next. */
    readonly everyMs: number
    /**
     * Who need not pass the gateway: `role`, or `role/application_name`, which anybody can give
     * himself: only for roles whose password is as safe as the server.
     */
    readonly directRoles: readonly string[]
    /**
     * Folder of the server's own log (`log_directory`, written as jsonlog or csvlog, with
     * log_statement or pgaudit), when it is on this machine; '' for none.
     */
    readonly serverLog: string
  }
  /** Addresses that others keep lists of; a login from one of them is told by the list's name. */
  readonly listedNetworks: readonly {
    readonly name: string
    readonly ranges: readonly string[]
    /** One address or range a line, `#` begins a comment; read again every hour. '' for none. */
    readonly file: string
  }[]
  readonly mass: {
    /** Rows read or changed within a minute that are never remarkable. */
    readonly rowsFloor: number
    /** Values of columns about people read within a minute that are never remarkable. */
    readonly personalFloor: number
    /** Times the account's own largest minute so far. */
    readonly factor: number
  }
}

const channel: z.ZodType<ChannelConfig> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('webhook'),
    name: z.string().min(1).max(60).default('webhook'),
    shape: z.enum(['veilig', 'slack', 'teams', 'ntfy']).default('veilig'),
    url: z.url({ protocol: /^https?$/ }),
    secret: z.string().min(16).max(1024),
    drills: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('mail'),
    name: z.string().min(1).max(60).default('mail'),
    url: z.url({ protocol: /^smtps?$/ }),
    from: z.email(),
    to: z.array(z.email()).min(1).max(20),
    drills: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('file'),
    name: z.string().min(1).max(60).default('file'),
    drills: z.boolean().default(true),
  }),
])

const escalation: z.ZodType<DetectionConfig['escalation']> = z.strictObject({
  afterMinutes: z.number().min(0.01).max(1_440).default(15),
  channels: z.array(z.string()).max(20).default([]),
})

const names: z.ZodType<readonly string[]> = z.array(z.string().min(3).max(120)).max(100)

const honeytokens: z.ZodType<DetectionConfig['honeytokens']> = z.strictObject({
  roles: names.default([]),
  databases: names.default([]),
  tables: names.default([]),
  texts: names.default([]),
})

const bruteForce: z.ZodType<DetectionConfig['bruteForce']> = z.strictObject({
  perMinute: z.int().min(2).max(10_000).default(5),
  perHour: z.int().min(2).max(100_000).default(20),
})

const mass: z.ZodType<DetectionConfig['mass']> = z.strictObject({
  rowsFloor: z.int().min(1).max(1_000_000_000).default(5_000),
  personalFloor: z.int().min(1).max(1_000_000_000).default(5_000),
  factor: z.number().min(1.1).max(1_000).default(10),
})

const reconcile: z.ZodType<DetectionConfig['reconcile']> = z.strictObject({
  everyMs: z.int().min(100).max(3_600_000).default(5_000),
  directRoles: z
    .array(z.string().min(1).max(200))
    .max(100)
    .default([
      'veilig_access',
      'veilig_backup',
      'veilig_gateway',
      'veilig_watch',
      'postgres/veilig database lint',
      'postgres/veilig supervisor',
    ]),
  serverLog: z.string().max(4_096).default(''),
})

const respond: z.ZodType<DetectionConfig['respond']> = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        detectors: z.array(z.string().min(1).max(100)).min(1).max(200),
        action: z.enum(sanctionKinds).default('session'),
        mode: z.enum(['observe', 'enforce']).default('observe'),
        minutes: z.number().min(0.01).max(525_600).default(60),
      }),
    )
    .max(100)
    .prefault([{ detectors: ['sqli.functions', 'escalation.*'] }]),
  spareRoles: z.array(z.string()).max(1_000).default([]),
  spareAddresses: z.array(z.string()).max(1_000).default([]),
})

const range = z
  .string()
  .refine((text) => readRange(text) !== undefined, 'write an address or a range like 192.0.2.0/24')

const listedNetworks: z.ZodType<DetectionConfig['listedNetworks']> = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(60),
      ranges: z.array(range).max(10_000).default([]),
      file: z.string().max(4_096).default(''),
    }),
  )
  .max(20)

export const detectionConfig: z.ZodType<DetectionConfig> = z
  .strictObject({
    channels: z
      .array(channel)
      .max(20)
      .prefault([{ kind: 'file' }]),
    escalation: escalation.prefault({}),
    administrators: z.array(z.string()).max(100).default(['reservations_owner']),
    drillRoles: z.array(z.string()).max(10).default(['veilig_prober']),
    monitorRoles: z.array(z.string()).max(10).default(['veilig_status']),
    off: z
      .array(z.enum(detectors.map(({ id }) => id)))
      .max(100)
      .default([]),
    honeytokens: honeytokens.prefault({}),
    behindMs: z.int().min(100).max(3_600_000).default(5_000),
    dormantDays: z.number().min(1).max(3_650).default(60),
    incidentMinutes: z.number().min(0.1).max(1_440).default(15),
    bruteForce: bruteForce.prefault({}),
    listedNetworks: listedNetworks.default([]),
    mass: mass.prefault({}),
    reconcile: reconcile.prefault({}),
    respond: respond.prefault({}),
  })
  .readonly()
