/**
 * The regions in veilig.yaml: where copies are kept, and how each is reached.
 *
 * @module
 */
import { z } from 'zod'

/** One copy of everything. */
export type RegionConfig = DiskRegion | SftpRegion | S3Region | AzureRegion

type AnyRegion = {
  readonly name: string
  /** Whether nothing counts as safe before this region holds it. */
  readonly required: boolean
  /** What may go to and from it, megabytes (2^20) a second, over time; without it: no limit. */
  readonly maxRateMib?: number | undefined
}

export type DiskRegion = AnyRegion & {
  readonly kind: 'disk'
  /** Absolute; without it, below the data folder. */
  readonly folder?: string | undefined
}

type RemoteRegion = AnyRegion & {
  /** Longest that the server may take for one answer. */
  readonly timeoutSeconds: number
}

export type SftpRegion = RemoteRegion & {
  readonly kind: 'sftp'
  readonly host: string
  readonly port: number
  readonly user: string
  /** File of an unencrypted private key, absolute; or a password. One of the two. */
  readonly keyFile?: string | undefined
  readonly password?: string | undefined
  /** `SHA256:…` of the server's key, as `ssh-keygen -l` prints it. */
  readonly hostKey: string
  /** On the server; absolute, or from the user's own folder. */
  readonly folder: string
}

type CloudRegion = RemoteRegion & {
  /** Put before every object's name: '' or 'veilig/'. */
  readonly prefix: string
  /** PEM file of the authority that signed the server's certificate, in place of the known ones. */
  readonly caFile?: string | undefined
}

export type S3Region = CloudRegion & {
  readonly kind: 's3'
  readonly bucket: string
  /** As the provider calls it: 'eu-west-3'. */
  readonly location: string
  /** Without it Amazon's own for `location`. */
  readonly endpoint?: string | undefined
  /** Whether the bucket stands in the path; without it: with an `endpoint`. */
  readonly pathStyle?: boolean | undefined
  /** Both, or `credentialsFile`. */
  readonly accessKey?: string | undefined
  readonly secretKey?: string | undefined
  /** As Amazon's tools keep it, absolute; read before each use, so that keys may change. */
  readonly credentialsFile?: string | undefined
  readonly profile: string
  /** Who refuses a name that is taken: the server (`If-None-Match`), or we, asking before. */
  readonly writeOnce: 'server' | 'ask'
  /** The bucket itself then refuses to delete; it must have been made with object lock. */
  readonly objectLock?: { readonly mode: 'compliance' | 'governance'; readonly days: number }
}

export type AzureRegion = CloudRegion & {
  readonly kind: 'azure'
  readonly account: string
  readonly container: string
  /** Without it the account's own of Azure. */
  readonly endpoint?: string | undefined
  /** The account's key, its file (read before each use), or a shared access signature. */
  readonly key?: string | undefined
  readonly keyFile?: string | undefined
  readonly sas?: string | undefined
  /** The container itself then refuses to delete; it must have immutability of versions. */
  readonly objectLock?: { readonly mode: 'locked' | 'unlocked'; readonly days: number }
}

const absolute = z.string().startsWith('/').max(1024)
const secret = z.string().min(1).max(4096)
const lockDays = z.number().min(1).max(36_500)
const loopback = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/

const any = {
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, {
    message: 'must be lower case letters, digits and hyphens, at most 32',
  }),
  maxRateMib: z.number().min(0.01).max(10_000).optional(),
}

const remote = {
  ...any,
  required: z.boolean().default(false),
  timeoutSeconds: z.number().min(0.1).max(600).default(20),
}

const cloud = {
  ...remote,
  prefix: z
    .string()
    .regex(/^(?:[a-z0-9][a-z0-9-]*\/){0,8}$/, {
      message: 'must be folders of lower case letters, digits and hyphens: veilig/copies/',
    })
    .max(200)
    .default(''),
  caFile: absolute.optional(),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .max(1024)
    .refine(
      (text) => {
        const { protocol, hostname } = new URL(text)
        return protocol === 'https:' || loopback.test(hostname)
      },
      { message: 'must be https' },
    )
    .optional(),
}

const diskRegion: z.ZodType<DiskRegion> = z.strictObject({
  ...any,
  kind: z.literal('disk').default('disk'),
  folder: absolute.optional(),
  required: z.boolean().default(true),
})

const sftpRegion: z.ZodType<SftpRegion> = z
  .strictObject({
    ...remote,
    kind: z.literal('sftp'),
    host: z.string().min(1).max(255),
    port: z.int().min(1).max(65_535).default(22),
    user: z.string().min(1).max(255),
    keyFile: absolute.optional(),
    password: secret.optional(),
    hostKey: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, {
      message: 'must be the server’s fingerprint as ssh-keygen -l prints it: SHA256:…',
    }),
    folder: z.string().min(1).max(1024),
  })
  .refine(({ keyFile, password }) => (keyFile === undefined) !== (password === undefined), {
    message: 'needs either keyFile or password',
  })

const s3Region: z.ZodType<S3Region> = z
  .strictObject({
    ...cloud,
    kind: z.literal('s3'),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
      message: 'must be the name of a bucket',
    }),
    location: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/)
      .default('us-east-1'),
    pathStyle: z.boolean().optional(),
    accessKey: secret.optional(),
    secretKey: secret.optional(),
    credentialsFile: absolute.optional(),
    profile: z.string().min(1).max(100).default('default'),
    writeOnce: z.enum(['server', 'ask']).default('server'),
    objectLock: z
      .strictObject({
        mode: z.enum(['compliance', 'governance']).default('compliance'),
        days: lockDays,
      })
      .exactOptional(),
  })
  .refine(
    ({ accessKey, secretKey, credentialsFile }) =>
      (accessKey === undefined) === (secretKey === undefined) &&
      (accessKey === undefined) !== (credentialsFile === undefined),
    { message: 'needs either accessKey and secretKey, or credentialsFile' },
  )

const azureRegion: z.ZodType<AzureRegion> = z
  .strictObject({
    ...cloud,
    kind: z.literal('azure'),
    account: z.string().regex(/^[a-z0-9]{3,24}$/, { message: 'must be the name of an account' }),
    container: z.string().regex(/^[a-z0-9](?:-?[a-z0-9]){2,62}$/, {
      message: 'must be the name of a container',
    }),
    key: z.base64().max(1024).optional(),
    keyFile: absolute.optional(),
    sas: secret.optional(),
    objectLock: z
      .strictObject({ mode: z.enum(['locked', 'unlocked']).default('locked'), days: lockDays })
      .exactOptional(),
  })
  .refine(
    ({ key, keyFile, sas }) => [key, keyFile, sas].filter((one) => one !== undefined).length === 1,
    { message: 'needs one of key, keyFile and sas' },
  )

const KINDS: Readonly<Record<string, z.ZodType<RegionConfig>>> = {
  disk: diskRegion,
  sftp: sftpRegion,
  s3: s3Region,
  azure: azureRegion,
}

/** By its kind, so that a mistake is told of the region that was meant. */
const region: z.ZodType<RegionConfig> = z.unknown().transform((value, context) => {
  const kind = (value as { kind?: unknown } | null)?.kind ?? 'disk'
  const schema = typeof kind === 'string' ? KINDS[kind] : undefined
  if (!schema) {
    const message = `must be one of ${Object.keys(KINDS).join(', ')}`
    context.issues.push({ code: 'custom', message, path: ['kind'], input: value })
    return z.NEVER
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  for (const { message, path } of parsed.error.issues) {
    context.issues.push({ code: 'custom', message, path, input: value })
  }
  return z.NEVER
})

export const regionsConfig: z.ZodType<readonly RegionConfig[]> = z
  .array(region)
  .min(1)
  .max(8)
  .refine((list) => new Set(list.map((one) => one.name)).size === list.length, {
    message: 'each region needs a name of its own',
  })
  .refine((list) => list.some((one) => one.required), {
    message: 'at least one region must be required, or nothing would ever be safe',
  })
