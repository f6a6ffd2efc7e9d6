/**
 * Counts of failed logins in Valkey or Redis: one count for any number of gateways. While it is
 * away, each gateway counts for itself: bounded still, once for each gateway, and told.
 *
 * Keys, all with an end: `PREFIX:s:CLASS` (attempts of a day, by time), `PREFIX:r:CLASS` (failures
 * in a row), `PREFIX:n:NETWORK` (level and time of the network's bucket). Not for a cluster: a
 * script takes keys of three names.
 *
 * @module
 */
import type {
  Admission,
  LoginAttempt,
  LoginLimits,
  Outcome,
  Settlement,
  Ticket,
} from '#lib/lockout/lockout.ts'
import { lockoutDefaults, type LockoutPolicy } from '#lib/lockout/policy.ts'
import { serverNow, type ValkeyScripts } from '../valkey/scripts.ts'

export type ValkeyLimitsOptions = {
  readonly scripts: ValkeyScripts
  /** Names the door: two doors share no count. */
  readonly prefix: string
  readonly random: (size: number) => Uint8Array
  /** Counts while Valkey is away. */
  readonly fallback: LoginLimits
  readonly policy?: LockoutPolicy | undefined
  /** For tests of days that pass in seconds; without it, the server's own clock counts. */
  readonly nowMs?: (() => number) | undefined
}

const DAY_MS = 24 * 60 * 60 * 1000

/** Arguments: now or -1, known, then the policy's numbers, then the id of this attempt. */
const beginScript = `${serverNow}
local known, free, first, longest, perDay = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]),
  tonumber(ARGV[5]), tonumber(ARGV[6])
local failuresMax, forget, id = tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]
local day = ${DAY_MS}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - day)
local count = redis.call('ZCARD', KEYS[1])
if count == 0 then redis.call('DEL', KEYS[2]) end
local streak = tonumber(redis.call('GET', KEYS[2]) or '0')
if count > 0 then
  local newest = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
  local oldest = tonumber(redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2])
  local wait = 0
  local beyond = streak - free
  if streak > 0 and beyond >= 0 then
    wait = newest + math.min(longest, first * 2 ^ math.min(beyond, 40)) - now
  end
  if count >= perDay then wait = math.max(wait, oldest + day - now) end
  if wait > 0 then return {0, math.ceil(wait), 'own'} end
end
if known == '0' then
  local bucket = redis.call('HMGET', KEYS[3], 'level', 'at')
  local leaked = (now - tonumber(bucket[2] or now)) / forget
  local level = math.max(0, tonumber(bucket[1] or '0') - leaked)
  local wait = math.ceil((level - failuresMax + 1) * forget)
  if wait > 0 then return {0, wait, 'network'} end
  redis.call('HSET', KEYS[3], 'level', tostring(level + 1), 'at', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[3], math.ceil((level + 2) * forget))
end
redis.call('ZADD', KEYS[1], now, id)
redis.call('PEXPIRE', KEYS[1], day)
redis.call('SET', KEYS[2], streak + 1, 'PX', day)
return {1, now, ''}
`

/** Arguments: known, whether it was right, the id of the attempt, whether to take it back. */
const settleScript = `
local streak = tonumber(redis.call('GET', KEYS[2]) or '0')
if ARGV[4] == '1' then
  redis.call('ZREM', KEYS[1], ARGV[3])
  if ARGV[2] == '1' then redis.call('DEL', KEYS[2])
  elseif streak > 0 then redis.call('SET', KEYS[2], streak - 1, 'KEEPTTL') end
  if ARGV[1] == '0' and redis.call('EXISTS', KEYS[3]) == 1 then
    local level = tonumber(redis.call('HGET', KEYS[3], 'level') or '0')
    redis.call('HSET', KEYS[3], 'level', tostring(math.max(0, level - 1)))
  end
end
return math.max(0, streak - 1)
`

/** Counts in Valkey; whenever that is away, `fallback` counts. */
export function valkeyLimits(options: ValkeyLimitsOptions): LoginLimits {
  return new ValkeyLimits(options)
}

class ValkeyLimits implements LoginLimits {
  readonly #options: ValkeyLimitsOptions
  readonly #policy: LockoutPolicy

  constructor(options: ValkeyLimitsOptions) {
    this.#options = options
    this.#policy = options.policy ?? lockoutDefaults
  }

  async begin(attempt: LoginAttempt): Promise<Admission> {
    const { random, nowMs, fallback } = this.#options
    const { unknownDevices, knownDevice, network } = this.#policy
    const isKnown = attempt.device !== undefined
    const { freeFailures, firstWaitMs, waitMaxMs, perDayMax } = isKnown
      ? knownDevice
      : unknownDevices
    const id = Buffer.from(random(12)).toString('base64url')
    const rules = [freeFailures, firstWaitMs, waitMaxMs, perDayMax]
    const bucket = [network.failuresMax, network.forgetMs]
    const numbers = [nowMs?.() ?? -1, isKnown ? 1 : 0, ...rules, ...bucket].map(String)
    const reply = await this.#run(beginScript, attempt, [...numbers, id])
    if (!Array.isArray(reply)) return fallback.begin(attempt)
    const [admitted, value, by] = reply as unknown as readonly [number, number, string]
    if (admitted === 1) return { admitted: true, ticket: { attempt, admittedMs: value, id } }
    const own = isKnown ? 'device' : 'unknown-devices'
    return { admitted: false, retryAfterMs: value, by: by === 'network' ? 'network' : own }
  }

  async settle(ticket: Ticket, outcome: Outcome): Promise<Settlement> {
    const { attempt, id } = ticket
    // Admitted while Valkey was away: settled where it was counted.
    if (id === undefined) return this.#options.fallback.settle(ticket, outcome)
    const known = attempt.device === undefined ? '0' : '1'
    const takesBack = outcome === 'right' || outcome === 'not-evaluated' ? '1' : '0'
    const right = outcome === 'right' ? '1' : '0'
    const reply = await this.#run(settleScript, attempt, [known, right, id, takesBack])
    return { failuresBefore: typeof reply === 'number' ? reply : 0 }
  }

  /** @returns Undefined when Valkey did not answer in time. */
  #run(
    script: string,
    { account, device, network }: LoginAttempt,
    values: readonly string[],
  ): Promise<unknown> {
    const own = device === undefined ? account : `${device} ${account}`
    const { prefix, scripts } = this.#options
    const keys = [`${prefix}:s:${own}`, `${prefix}:r:${own}`, `${prefix}:n:${network}`]
    return scripts.run(script, keys, values)
  }
}
