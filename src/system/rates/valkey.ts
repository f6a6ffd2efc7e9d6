/**
 * Counts of requests on limited routes in Valkey or Redis: one count for any number of gateways,
 * and one that a restart does not forget. The same verdicts as in memory (`#lib/rates.ts`).
 *
 * Keys, all with an end: `PREFIX:q:KEY`, the moment at which the bucket will be empty, in
 * milliseconds of the server's clock.
 *
 * @module
 */
import type { RateLimits } from '#lib/rates.ts'
import { serverNow, type ValkeyScripts } from '../valkey/scripts.ts'

export type ValkeyRatesOptions = {
  readonly scripts: ValkeyScripts
  /** Names the door. */
  readonly prefix: string
  /** Counts while Valkey is away. */
  readonly fallback: RateLimits
  /** For tests of minutes that pass in no time; without it, the server's own clock counts. */
  readonly nowMs?: (() => number) | undefined
}

const MINUTE_MS = 60_000

/** Arguments: now or -1, milliseconds that one request costs, requests at once. */
const takeScript = `${serverNow}
local each, burst = tonumber(ARGV[2]), tonumber(ARGV[3])
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now)) + each
local wait = full - now - burst * each
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.17g', full), 'PX', math.max(1, math.ceil(full - now)))
return 0
`

export function valkeyRates(options: ValkeyRatesOptions): RateLimits {
  const { scripts, prefix, fallback, nowMs } = options
  return {
    take: async (question) => {
      const { key, perMinute, burst } = question
      const values = [nowMs?.() ?? -1, MINUTE_MS / perMinute, burst].map(String)
      const waitMs = await scripts.run(takeScript, [`${prefix}:q:${key}`], values)
      return typeof waitMs === 'number' ? waitMs : await fallback.take(question)
    },
  }
}
