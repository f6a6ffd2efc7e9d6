/**
 * What the facts of a server mean for its backup. Pure.
 *
 * @module
 */
import { serverFlaws } from './flaws.ts'
import { good, missing, unknown, weak, type Finding } from './finding.ts'
import { readingGrants } from '../take/reading/rights.ts'
import { providerOf } from './providers.ts'
import type { ServerFacts, SqlFacts } from './server-facts.ts'

/** What the configuration wants of the server. */
export type Wanted = {
  readonly slot: string
  readonly applicationName: string
  readonly synchronous: boolean
  readonly fullEveryMinutes: number
}

const MAJOR_MIN = 15
const MAJOR_MAX = 18
const SUMMARIES_SINCE = 17
/** One streams the log, one sends a backup. */
const SENDERS_NEEDED = 2
const SKEW_MAX_MS = 2_000

export function judgeServer(facts: ServerFacts, wanted: Wanted): Finding[] {
  const { sql } = facts
  const found = [judgeReplication(facts), judgeWire(facts)]
  if (typeof sql === 'string') {
    return [...found, unknown('server.settings', `its settings cannot be read: ${sql}`)]
  }
  const judges = [
    judgeVersion,
    judgeFlaws,
    judgeRole,
    judgeLevel,
    judgeSenders,
    judgeSlots,
    judgeSlotCap,
    judgeSlotTimeout,
    judgeSummaries,
    judgeChecksums,
    judgeDurability,
    judgeArchiver,
    judgeStandby,
    judgeSynchronous,
    judgeClock,
  ]
  return [...found, ...judges.flatMap((judge) => judge(sql, wanted))]
}

function judgeReplication(facts: ServerFacts): Finding {
  const id = 'server.replication'
  const { replicationRefused: refused, sql } = facts
  if (!refused) return good(id, 'it admits a replication connection of this role')
  const provider = providerOf(facts.host, typeof sql === 'string' ? [] : sql.providerRoles)
  if (provider === undefined) {
    const [said = '', advice = ''] = refused.message.split(/": |, hint: /)
    const mend = advice === '' ? 'see the message; then run this again' : advice
    return missing(id, `it admits no replication connection: ${said}`, mend)
  }
  return missing(
    id,
    `${provider} gives nobody physical replication: it cannot be backed up from outside`,
    'use the provider’s own backups, or run PostgreSQL where you may grant REPLICATION',
  )
}

function judgeWire({ host, encrypted }: ServerFacts): Finding {
  const id = 'server.wire'
  if (host.startsWith('/')) return good(id, 'it is reached by a socket of this machine')
  if (encrypted) return good(id, 'the way there is encrypted, and its certificate is verified')
  if (/^(?:127\.|localhost$|::1$)/.test(host)) return good(id, 'it is reached on this machine')
  const mend = 'set backup.database.tls: verify, with caFile for an authority of your own'
  return weak(id, 'everything goes to it in the clear', mend)
}

function majorOf({ version }: SqlFacts): number {
  return Number(/^\d+/.exec(version)?.[0] ?? 0)
}

function judgeVersion(facts: SqlFacts): Finding {
  const id = 'server.version'
  const major = majorOf(facts)
  if (major < MAJOR_MIN) {
    const mend = `upgrade it; PostgreSQL ${MAJOR_MIN} to ${MAJOR_MAX} can be backed up`
    return missing(id, `PostgreSQL ${facts.version} is too old`, mend)
  }
  if (major <= MAJOR_MAX) return good(id, `PostgreSQL ${facts.version} is supported`)
  const mend = 'run `veilig backup drill` and believe what it says'
  return weak(id, `PostgreSQL ${facts.version} is newer than any this was tried with`, mend)
}

function judgeFlaws(facts: SqlFacts): Finding[] {
  return serverFlaws(facts.version).map(({ id, sentence, fixedIn }) =>
    weak(`server.flaw.${id}`, sentence, `upgrade to PostgreSQL ${fixedIn} or newer`),
  )
}

function judgeRole({ role }: SqlFacts): Finding {
  const id = 'server.role'
  if (!role.replication && !role.superuser) {
    const sentence = `the role ${role.name} may not replicate`
    return missing(id, sentence, `alter role "${role.name}" replication;`)
  }
  if (!role.superuser) return good(id, `the role ${role.name} may replicate, and is no superuser`)
  const mend = `create role veilig_backup login replication password '…'; and name it instead`
  return weak(id, `the role ${role.name} is a superuser: a backup needs only REPLICATION`, mend)
}

function judgeLevel({ settings }: SqlFacts): Finding {
  const id = 'server.wal-level'
  const level = settings.get('wal_level') ?? ''
  if (level !== 'minimal') return good(id, `wal_level is ${level}`)
  const mend = `alter system set wal_level = 'replica'; then restart it`
  return missing(id, 'wal_level is minimal: the log leaves out what a restore needs', mend)
}

function judgeSenders({ settings, sendersUsed, slots }: SqlFacts, { slot }: Wanted): Finding {
  const id = 'server.senders'
  const most = Number(settings.get('max_wal_senders'))
  const free = most - sendersUsed
  const needed = slots.some(({ name }) => name === slot) ? 1 : SENDERS_NEEDED
  const sentence = `${free} of ${most} max_wal_senders are free`
  if (free >= needed) return good(id, sentence)
  const mend = `alter system set max_wal_senders = ${most + SENDERS_NEEDED}; then restart it`
  return missing(id, `${sentence}; ${needed} are needed, for the log and a backup`, mend)
}

function judgeSlots({ settings, slots }: SqlFacts, { slot }: Wanted): Finding {
  const id = 'server.slots'
  const own = slots.find(({ name }) => name === slot)
  if (own?.walStatus === 'lost') {
    const mend = 'nothing: it is made again, and a full backup follows'
    return weak(id, `the slot ${slot} fell behind its cap and was lost`, mend)
  }
  if (own) return good(id, `the slot ${slot} is there and holds the log (${own.walStatus})`)
  const most = Number(settings.get('max_replication_slots'))
  if (slots.length < most) return good(id, `${most - slots.length} of ${most} slots are free`)
  const raise = `alter system set max_replication_slots = ${most + 2}; then restart it`
  const mend = `drop one that nobody uses, or ${raise}`
  return missing(id, `all ${most} replication slots are in use`, mend)
}

function judgeSlotCap({ settings }: SqlFacts): Finding {
  const id = 'server.slot-cap'
  const cap = Number(settings.get('max_slot_wal_keep_size'))
  if (cap >= 0) return good(id, `a slot holds back at most ${cap} MB of log`)
  const mend = `alter system set max_slot_wal_keep_size = '4GB'; select pg_reload_conf();`
  return weak(id, 'with every region away, the log waits on its disk without a limit', mend)
}

function judgeSlotTimeout({ settings }: SqlFacts): Finding[] {
  const seconds = Number(settings.get('idle_replication_slot_timeout') ?? 0)
  if (seconds === 0) return []
  const sentence = `a slot that is idle for ${seconds} s is lost, and a full backup is needed`
  const mend = `alter system set idle_replication_slot_timeout = 0; select pg_reload_conf();`
  return [weak('server.slot-timeout', sentence, mend)]
}

function judgeSummaries(facts: SqlFacts, { fullEveryMinutes }: Wanted): Finding {
  const id = 'server.summaries'
  if (majorOf(facts) < SUMMARIES_SINCE) {
    const { readingLacks: lacks, role } = facts
    if (lacks === undefined) {
      return good(id, 'its log is summed up by us: differences read only what changed')
    }
    const sentence = `for a difference all of it is read: the role may not call ${lacks}`
    return weak(id, sentence, readingGrants(role.name))
  }
  if (facts.settings.get('summarize_wal') !== 'on') {
    const mend = 'alter system set summarize_wal = on; select pg_reload_conf();'
    return weak(id, 'summarize_wal is off: every differential backup becomes a full one', mend)
  }
  const kept = Number(facts.settings.get('wal_summary_keep_time'))
  if (kept === 0 || kept > 2 * fullEveryMinutes) {
    return good(id, 'it summarises its log, and keeps the summaries long enough')
  }
  const mend = `alter system set wal_summary_keep_time = '10d'; select pg_reload_conf();`
  return weak(id, `summaries go after ${kept} min, before the next full backup`, mend)
}

function judgeChecksums({ settings }: SqlFacts): Finding {
  const id = 'server.checksums'
  if (settings.get('data_checksums') === 'on') return good(id, 'its pages have checksums')
  const mend = 'stop it, run pg_checksums --enable, start it; then take a full backup'
  return weak(id, 'its pages have no checksums: a damaged one is copied unseen', mend)
}

function judgeDurability({ settings }: SqlFacts): Finding[] {
  return (['fsync', 'full_page_writes'] as const).map((name) => {
    const id = `server.${name.replaceAll('_', '-')}`
    if (settings.get(name) === 'on') return good(id, `${name} is on`)
    const mend = `alter system set ${name} = on; select pg_reload_conf();`
    return missing(id, `${name} is off: what is restored may be broken`, mend)
  })
}

function judgeArchiver({ settings, archiveFails }: SqlFacts): Finding[] {
  if (settings.get('archive_mode') === 'off') return []
  const id = 'server.archiver'
  if (!archiveFails) return [good(id, 'another archive beside ours is kept; neither is in the way')]
  const mend = 'mend archive_command, or alter system set archive_mode = off; then restart it'
  return [weak(id, 'archive_command fails: the log it was meant for stays on the disk', mend)]
}

function judgeStandby({ recovering }: SqlFacts): Finding[] {
  if (!recovering) return []
  const mend = 'name the primary in backup.database, unless it must be spared'
  const sentence = 'it is a standby: what the primary has and it has not yet is in no backup'
  return [weak('server.standby', sentence, mend)]
}

function judgeSynchronous({ settings }: SqlFacts, wanted: Wanted): Finding[] {
  const names = settings.get('synchronous_standby_names') ?? ''
  const waits = new RegExp(`(^|[\\s,(])"?(?:${wanted.applicationName}|\\*)"?([\\s,)]|$)`).test(
    names,
  )
  if (!waits || wanted.synchronous) return []
  const mend = 'take us out of synchronous_standby_names, or add backup.synchronous'
  return [weak('server.synchronous', 'commits wait for us, and we were not told to be quick', mend)]
}

function judgeClock({ skewMs }: SqlFacts): Finding {
  const id = 'server.clock'
  const seconds = (Math.abs(skewMs) / 1000).toFixed(1)
  if (Math.abs(skewMs) <= SKEW_MAX_MS) return good(id, 'its clock and ours agree')
  const mend = 'let both machines keep time by NTP (timedatectl set-ntp true)'
  return weak(id, `its clock and ours differ by ${seconds} s: moments to restore to are off`, mend)
}
