/**
 * Who logs in, from where, with what, when: guessing of passwords, and what is new for an account.
 *
 * @module
 */
import { isIPv4 } from 'node:net'
import type { RecordedEvent } from '#audit/read.ts'
import type { Finding } from './alert.ts'
import type { DetectionConfig } from './config.ts'
import { ListedNetworks } from './listed.ts'
import {
  DAY_MS,
  findingOf,
  HOUR_MS,
  isNewIn,
  kept,
  MINUTE_MS,
  peerOf,
  text,
  type Peer,
} from './watched.ts'
import { Window } from './windows.ts'

/** What an account's sessions were so far; lists are sets. */
type Account = {
  sessions: number
  firstMs: number
  lastMs: number
  readonly addresses: string[]
  readonly networks: string[]
  readonly tools: string[]
  /** Hours of the day, UTC, and the days on which there were any. */
  readonly hours: string[]
  days: number
}

export type LoginsState = {
  readonly firstMs: number
  readonly accounts: readonly (readonly [string, Account])[]
}

const ROLES_MAX = 1_000
const SET_MAX = 500
/** Sessions after which an account has habits, and days after which it has hours. */
const SESSIONS_KNOWN = 20
const DAYS_KNOWN = 7
/** Addresses that fail for one account, accounts that one address fails for, within an hour. */
const ADDRESSES_MIN = 10
const ACCOUNTS_MIN = 5
const REFUSALS_PER_MINUTE = 20

/** Programs that attack; what they call themselves. */
const HARMFUL = /\b(sqlmap|hydra|medusa|ncrack|nmap|metasploit|msf|masscan|patator|nikto|zgrab)\b/i
/** Programs that copy whole databases. */
const EXPORTING = /^(pg_dump|pg_dumpall|pg_basebackup|pg_receivewal|pg_recvlogical)\b/

export class LoginWatch {
  readonly #config: DetectionConfig
  readonly #accounts = new Map<string, Account>()
  readonly #fast = new Window(MINUTE_MS)
  readonly #patient = new Window(HOUR_MS)
  readonly #pairs = new Window(HOUR_MS)
  readonly #refused = new Window(MINUTE_MS)
  #firstMs = 0
  /** Lists that others keep. */
  listed: ListedNetworks

  constructor(config: DetectionConfig) {
    this.#config = config
    this.listed = new ListedNetworks(config.listedNetworks)
  }

  state(): LoginsState {
    return { firstMs: this.#firstMs, accounts: [...this.#accounts] }
  }

  restore({ firstMs, accounts }: LoginsState): void {
    this.#firstMs = firstMs
    for (const [name, account] of accounts) this.#accounts.set(name, account)
  }

  /** Counted by account and by address; each pair once, for many of either. */
  failed(event: RecordedEvent): readonly Finding[] {
    const peer = peerOf(event)
    const { drillRoles, monitorRoles, honeytokens, bruteForce } = this.#config
    const bait = baitIn(honeytokens, peer)
    if (bait !== '') return [findingOf('data.honeytoken', event, peer, bait)]
    if (drillRoles.includes(peer.role) || monitorRoles.includes(peer.role)) return []
    const listed = this.listed.namesFor(peer.address)
    const names = [`role ${peer.role}`, `address ${peer.address}`]
    const at = event.timeMs
    const fast = Math.max(...names.map((name) => this.#fast.add(name, at)))
    const slow = Math.max(...names.map((name) => this.#patient.add(name, at)))
    const pair = `${peer.role} ${peer.address}`
    const isNew = this.#pairs.sum(pair, at) === 0
    this.#pairs.add(pair, at)
    const [byRole, byAddress] = names.map((name) =>
      isNew ? this.#pairs.add(`many ${name}`, at) : this.#pairs.sum(`many ${name}`, at),
    )
    const found: Finding[] = []
    const say = (id: string, evidence: string): void => {
      found.push(findingOf(id, event, peer, evidence))
    }
    if (listed !== '') say('access.listed-attempt', listed)
    if (fast >= bruteForce.perMinute) say('login.brute-force', `${fast} within a minute`)
    else if (slow >= bruteForce.perHour) say('login.brute-force-slow', `${slow} within an hour`)
    if ((byRole ?? 0) >= ADDRESSES_MIN)
      say('login.brute-force-distributed', `${byRole} addresses within an hour`)
    if ((byAddress ?? 0) >= ACCOUNTS_MIN)
      say('login.credential-stuffing', `${byAddress} accounts within an hour`)
    return found
  }

  /** A connection refused before its login, or a peer that broke the protocol. */
  refused(event: RecordedEvent): readonly Finding[] {
    const peer = peerOf(event)
    const { drillRoles, monitorRoles } = this.#config
    if (drillRoles.includes(peer.role) || monitorRoles.includes(peer.role)) return []
    const repeats = Math.max(1, Number(event.detail['repeats'] ?? 1))
    const sum = this.#refused.add(peer.address, event.timeMs, repeats)
    const listed = this.listed.namesFor(peer.address)
    const found = listed === '' ? [] : [findingOf('access.listed-attempt', event, peer, listed)]
    if (sum < REFUSALS_PER_MINUTE) return found
    return [...found, findingOf('access.probing', event, peer, `${sum} within a minute`)]
  }

  opened(event: RecordedEvent): readonly Finding[] {
    const peer = peerOf(event)
    const { drillRoles, honeytokens, bruteForce } = this.#config
    const found: Finding[] = []
    const say = (id: string, evidence: string): void => {
      found.push(findingOf(id, event, peer, evidence))
    }
    const bait = baitIn(honeytokens, peer)
    if (bait !== '') say('data.honeytoken', bait)
    const names = [`role ${peer.role}`, `address ${peer.address}`]
    const failed = Math.max(...names.map((name) => this.#patient.sum(name, event.timeMs)))
    if (failed >= bruteForce.perMinute && !drillRoles.includes(peer.role)) {
      say('login.success-after-failures', `${failed} wrong passwords before`)
      for (const name of names) this.#patient.forget(name)
    }
    if (event.detail['replication'] === true)
      say('data.replication-started', 'a replication connection')
    const tool = text(event, 'application')
    const listed = this.listed.namesFor(peer.address)
    if (listed !== '') say('access.listed-network', listed)
    if (HARMFUL.test(tool)) say('access.harmful-tool', tool)
    this.#firstMs ||= event.timeMs
    const isKnown = this.#accounts.has(peer.role)
    const account = kept(this.#accounts, peer.role, ROLES_MAX, () => emptyAccount(event.timeMs))
    if (!isKnown && event.timeMs - this.#firstMs > DAYS_KNOWN * DAY_MS)
      say('access.new-role', 'its first login')
    for (const [id, evidence] of this.#habits(account, peer, tool, event.timeMs)) say(id, evidence)
    return found
  }

  /** What is new for the account; learned at once. */
  #habits(account: Account, peer: Peer, tool: string, nowMs: number): [string, string][] {
    const said: [string, string][] = []
    const grown = account.sessions++ >= SESSIONS_KNOWN
    const idleDays = Math.floor((nowMs - account.lastMs) / DAY_MS)
    if (account.sessions > 1 && idleDays >= this.#config.dormantDays)
      said.push(['access.dormant', `silent for ${idleDays} days`])
    const day = Math.floor(nowMs / DAY_MS)
    if (account.days === 0 || day !== Math.floor(account.lastMs / DAY_MS)) account.days++
    account.lastMs = nowMs
    const isNewAddress = isNewIn(account.addresses, peer.address, SET_MAX)
    const isNewNetwork = isNewIn(account.networks, networkOf(peer.address), SET_MAX)
    const isNewTool = isNewIn(account.tools, tool, SET_MAX)
    const hour = String(new Date(nowMs).getUTCHours())
    const isNewHour = isNewIn(account.hours, hour, 24)
    if (isNewTool && EXPORTING.test(tool)) said.push(['data.export-tool', tool])
    else if (grown && isNewTool) said.push(['access.new-tool', tool])
    if (grown && isNewNetwork) said.push(['access.new-network', networkOf(peer.address)])
    else if (grown && isNewAddress) said.push(['access.new-address', ''])
    if (grown && isNewHour && account.days >= DAYS_KNOWN)
      said.push(['access.new-hour', `${hour}:00 UTC`])
    return said
  }
}

/** What of a login only a connection string that was laid out can have said; '' for nothing. */
function baitIn({ roles, databases }: DetectionConfig['honeytokens'], peer: Peer): string {
  if (roles.includes(peer.role)) return 'a role that nobody uses'
  return databases.includes(peer.database) ? 'a database that nobody uses' : ''
}

function emptyAccount(nowMs: number): Account {
  const sets = { addresses: [], networks: [], tools: [], hours: [] }
  return { sessions: 0, firstMs: nowMs, lastMs: nowMs, days: 0, ...sets }
}

/** /24 of an IPv4 address, /48 of an IPv6 one. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:/i, '')
  if (isIPv4(plain)) return `${plain.split('.').slice(0, 3).join('.')}.0/24`
  return `${plain.split(':').slice(0, 3).join(':')}::/48`
}
