/**
 * What the console needs from others.
 *
 * @module
 */
import type pg from 'pg'
import type { AuditTrail } from '#audit/trail.ts'
import type { KeyRing } from '#lib/key-ring.ts'
import type { LoginLimits } from '#lib/lockout/lockout.ts'
import type { Clock } from '#system/clock.ts'
import type { WatchPorts } from './watch/ports.ts'

/** A grant that has begun: what the person needs to log in to the database. Shown once. */
export type Started = {
  readonly role: string
  readonly url: string
  readonly untilMs: number
  /** What is to be set before the application's row security shows anything. */
  readonly rowSettings?: readonly string[] | undefined
}

/** The access process, as far as the console uses it. */
export type Access = {
  /** @throws {VeiligError} When it refused or does not answer. */
  start(role: 'read' | 'write', minutes: number, account: string, id: string): Promise<Started>
  end(databaseRole: string): Promise<void>
  /** Names of the grants that live. */
  list(): Promise<readonly string[]>
}

export type Overview = {
  readonly claims: readonly {
    readonly id: string
    readonly state: string
    readonly sentence: string
    readonly ageMs: number | undefined
  }[]
  readonly processes: readonly {
    readonly name: string
    readonly state: 'runs' | 'ended'
    readonly sinceMs: number
    readonly restarts: number
  }[]
  readonly backups: readonly { readonly what: string; readonly value: string }[]
}

export type RecoveryBackup = {
  readonly id: string
  readonly kind: 'full' | 'differential'
  readonly parentId: string | undefined
  readonly finishedMs: number
  readonly storedBytes: number
  readonly damagedPages: number
  /** When a drill last restored it and found it whole. */
  readonly drilledMs: number | undefined
}

/** What can be brought back. */
export type Recovery = {
  readonly backups: readonly RecoveryBackup[]
  /** Everything up to here is in every region that counts; undefined: not known now. */
  readonly untilMs: number | undefined
  /** Times of which it is not known whether they are of the branch that lives. */
  readonly uncertain: readonly { readonly fromMs: number; readonly toMs: number }[]
  /** Of which no moment can be brought back, and why. */
  readonly gaps: readonly { readonly fromMs: number; readonly toMs: number; readonly why: string }[]
  /** What moments from then on need is not given up, by order. */
  readonly holds: readonly {
    readonly id: string
    readonly fromMs: number
    readonly reason: string
  }[]
  /** What was kept of the time before is destroyed; undefined: nothing was yet. */
  readonly destroyed: { readonly untilMs: number; readonly receipts: number } | undefined
}

/** A mail of security to somebody of the staff. @throws When it was not accepted. */
export type SendMail = (mail: {
  readonly to: string
  readonly subject: string
  readonly text: string
}) => Promise<void>

/** What waits for somebody to approve it, for a program that shows it to the team. */
export type WaitingRequest = {
  readonly request: string
  readonly by: string
  readonly role: 'read' | 'write'
  readonly minutes: number
  readonly reason: string
}

/** @throws When the team's channel did not take it. */
export type TellTeam = (text: string, link: string, waiting?: WaitingRequest) => Promise<void>

export type StaffPorts = {
  readonly pool: pg.Pool
  readonly clock: Clock
  readonly trail: AuditTrail
  readonly random: (size: number) => Uint8Array
  readonly loginLimits: LoginLimits
  /** 32 bytes that hide names in the record and in counters; it opens and signs nothing. */
  readonly nameKey: Uint8Array
  /** Seal seeds, sign tokens of forms and devices; asked for at each use, for they change. */
  readonly keys: () => KeyRing
  /** Reads both that may have changed while the console runs: the keys, the prober's password. */
  readonly readAgain: () => Promise<void>
  readonly publicOrigin: string
  readonly access: Access
  readonly selfApproval: boolean
  /** Undefined: this ring sends no mail, and people find notices on their page. */
  readonly sendMail?: SendMail | undefined
  /** Tells a channel of the team, such as a chat, that a request waits for approval. */
  readonly tellTeam?: TellTeam | undefined
  /** With which the team's own program signs an approval of a request to read; else it cannot. */
  readonly hookSecret?: string | undefined
  /** Whether a link of a mail approves by itself a request to read; else one signs in for it. */
  readonly approveByLink: boolean
  /** Tells the operator's log; never shown to anybody. */
  readonly onFault: (what: string, error: unknown) => void
  readonly overview: () => Promise<Overview>
  readonly watch: WatchPorts
  /** @throws {VeiligError} When the repository cannot be read. */
  readonly recovery: () => Promise<Recovery>
  /** The prober's own account, which may do nothing: it measures that a password is not enough. */
  readonly probePassword: () => string
  /** Unix sockets: of the pages, and of the commands of the operator at the machine. */
  readonly socket: string
  readonly adminSocket: string
}
