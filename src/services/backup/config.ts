/**
 * The `backup` section of veilig.yaml.
 *
 * @module
 */
import { z } from 'zod'
import { regionsConfig, type RegionConfig } from './config-regions.ts'

export type DatabaseConfig = {
  /** A folder (absolute path) means the Unix socket in it. */
  readonly host: string
  readonly port: number
  /** Role with LOGIN and REPLICATION, and no other right. */
  readonly user: string
  readonly password: string
  /** Over TCP: `verify` demands a valid certificate, `off` is for a private wire only. */
  readonly tls: 'verify' | 'off'
  /** PEM file of the authority that signed the server's certificate. */
  readonly caFile?: string | undefined
}

/** Commits wait until enough regions hold them. */
export type SynchronousConfig = {
  /** How many, the required ones among them; without it: those that are required. */
  readonly regions?: number | undefined
  /** Commits that waited longer go on without us, said aloud; without it they wait. */
  readonly leaveAfterSeconds?: number | undefined
  /** Any database the backup role may connect to; nothing of it is read. */
  readonly database: string
}

export type BackupConfig = {
  /** Without it: the embedded server. */
  readonly database?: DatabaseConfig | undefined
  /** Replication slot on the server; made when it is missing. */
  readonly slot: string
  /** As pg_stat_replication and synchronous_standby_names know us. */
  readonly applicationName: string
  /** From the start of one full backup to the start of the next. */
  readonly fullEveryMinutes: number
  /** From the start of one backup of either kind to the start of the next differential one. */
  readonly differentialEveryMinutes: number
  /** What a differential backup builds on: the newest full one, or the newest of either kind. */
  readonly differentialOn: 'full' | 'newest'
  /**
   * From the newest full backup to the next that is put together in the repository; the primary
   * then takes none while that works. Without it: only where retention needs one.
   */
  readonly syntheticFullEveryMinutes?: number | undefined
  /**
   * Whether what a window's first moment needs is made to stand on its own, so that nothing older
   * is kept: one copy of the database in the repository an hour.
   */
  readonly exactRetention: boolean
  /** Every second of this many days stays restorable; what none of them needs is destroyed. */
  readonly retainDays: number
  /** What the server may send of a backup, megabytes (2^20) a second; without it: no limit. */
  readonly maxRateMib?: number | undefined
  /** WAL goes to the regions when this much has come … */
  readonly partMaxKib: number
  /** … or its first byte has waited this long. */
  readonly partMaxMs: number
  /** Without it: asynchronous, commits never wait for a region. */
  readonly synchronous?: SynchronousConfig | undefined
  /** A region (or the stream) that lags more than this is an alert. */
  readonly lagAlertSeconds: number
  /** A server that says nothing for this long, though asked every second, is hung up on. */
  readonly silenceSeconds: number
  /** How many threads write the files of a restore; without it: one for each processor, up to 4. */
  readonly restoreThreads?: number | undefined
  readonly regions: readonly RegionConfig[]
}

const slotName = z.string().regex(/^[a-z0-9_]{1,63}$/, {
  message: 'must be lower case letters, digits and underscores, at most 63',
})
const absolute = z.string().startsWith('/').max(1024)

const database: z.ZodType<DatabaseConfig> = z.strictObject({
  host: z.string().min(1).max(255),
  port: z.int().min(1).max(65_535).default(5432),
  user: z.string().min(1).max(63).default('veilig_backup'),
  password: z.string().min(1).max(1024),
  tls: z.enum(['verify', 'off']).default('verify'),
  caFile: absolute.optional(),
})

const synchronous: z.ZodType<SynchronousConfig> = z.strictObject({
  regions: z.int().min(1).max(8).optional(),
  leaveAfterSeconds: z.int().min(5).max(86_400).optional(),
  database: z.string().min(1).max(63).default('postgres'),
})

export const backupConfig: z.ZodType<BackupConfig> = z.strictObject({
  database: database.optional(),
  slot: slotName.default('veilig'),
  applicationName: slotName.default('veilig_backup'),
  fullEveryMinutes: z.int().min(1).max(10_080).default(240),
  differentialEveryMinutes: z.int().min(1).max(10_080).default(50),
  differentialOn: z.enum(['full', 'newest']).default('full'),
  syntheticFullEveryMinutes: z.int().min(1).max(10_080).optional(),
  exactRetention: z.boolean().default(true),
  retainDays: z
    .number()
    .min(1 / 24)
    .max(36_500)
    .default(90),
  maxRateMib: z.int().min(1).max(1024).optional(),
  partMaxKib: z.int().min(16).max(1024).default(1024),
  partMaxMs: z.int().min(10).max(60_000).default(250),
  synchronous: synchronous.optional(),
  lagAlertSeconds: z.int().min(5).max(900).default(20),
  silenceSeconds: z.int().min(5).max(300).default(30),
  restoreThreads: z.int().min(1).max(16).optional(),
  regions: regionsConfig.prefault([{ name: 'region-a' }, { name: 'region-b' }]),
})
