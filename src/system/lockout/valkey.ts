/**
 * Counts of failed logins in Valkey or Redis: one count for any number of gateways.
 *
 * Each decision is one script, so that a hundred attempts at once at ten gateways are a hundred
 * attempts. Time is that of the server. When it does not answer, each gateway counts for itself
 * until it does: bounded still, once for each gateway, and told.
 *
 * Keys, all with an end: `PREFIX:s:CLASS` (attempts of a day, by time), `PREFIX:r:CLASS` (failures
 * in a row), `PREFIX:n:NETWORK` (level and time of the network's bucket). Not for a cluster: a
 * script takes keys of three names.
 *
 * @module
 */
import { createClient } from '@redis/client'
import { FaultError } from '#lib/errors.ts'
import type {
  Admission,
  LoginAttempt,
  LoginLimits,
  Outcome,
  Settlement,
  Ticket,
} from '#lib/lockout/lockout.ts'
import { lockoutDefaults, type LockoutPolicy } from '#lib/lockout/policy.ts'

export type ValkeyOptions = {
  /** `redis://` or `rediss://`, password included. */
  readonly url: string
  /** Names the door: two doors share no count. */
  readonly prefix: string
  readonly random: (size: number) => Uint8Array
  /** Counts while Valkey is away. */
  readonly fallback: LoginLimits
  readonly onFault: (error: Error) => void
  readonly onBack: () => void
  readonly policy?: LockoutPolicy | undefined
  /** For tests of days that pass in seconds; without it, the server's own clock counts. */
  readonly nowMs?: (() => number) | undefined
}

const ANSWER_MS = 500
const DAY_MS = 24 * 60 * 60 * 1000

/** Arguments: now or -1, known, then the policy's numbers, then the id of this attempt. */
const beginScript = `
local time = redis.call('TIME')
local now = tonumber(ARGV[1])
if now < 0 then now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) end
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

/** Connects in the background; until then, and whenever it is away, `fallback` counts. */
export function openValkeyLimits(options: ValkeyOptions): LoginLimits & AsyncDisposable {
  return new ValkeyLimits(options)
}

class ValkeyLimits implements LoginLimits, AsyncDisposable {
  readonly #options: ValkeyOptions
  readonly #policy: LockoutPolicy
  readonly #client: ReturnType<typeof createClient>
  #isAway = false

  constructor(options: ValkeyOptions) {
    this.#options = options
    this.#policy = options.policy ?? lockoutDefaults
    this.#client = createClient({
      url: options.url,
      disableOfflineQueue: true,
      socket: {
        connectTimeout: 2_000,
        reconnectStrategy: (retries) => Math.min(5_000, 100 * 2 ** Math.min(retries, 6)),
      },
    })
    this.#client.on('error', (error: Error) => this.#fail(error))
    this.#client.connect().catch((error: unknown) => this.#fail(error as Error))
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy()
    await Promise.resolve()
  }

  /** @returns Undefined when Valkey did not answer in time. */
  async #run(
    script: string,
    { account, device, network }: LoginAttempt,
    values: readonly string[],
  ): Promise<unknown> {
    if (!this.#client.isReady) return undefined
    const own = device === undefined ? account : `${device} ${account}`
    const { prefix } = this.#options
    const keys = [`${prefix}:s:${own}`, `${prefix}:r:${own}`, `${prefix}:n:${network}`]
    try {
      const reply: unknown = await this.#client
        .withAbortSignal(AbortSignal.timeout(ANSWER_MS))
        .eval(script, { keys, arguments: [...values] })
      if (this.#isAway) this.#options.onBack()
      this.#isAway = false
      return reply
    } catch (error) {
      this.#fail(error as Error)
      return undefined
    }
  }

  #fail(cause: Error): void {
    if (this.#isAway) return
    this.#isAway = true
    const message = `Valkey does not answer (${cause.message}); each gateway counts for itself`
    this.#options.onFault(new FaultError('LOCKOUT_SHARED_AWAY', message, { cause }))
  }
}
