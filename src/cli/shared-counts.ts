/**
 * Where what must be counted once for several gateways is counted: Valkey, when one is configured.
 *
 * @module
 */
import { ratesInMemory, type RateLimits } from '#lib/rates.ts'
import { valkeyRates } from '#system/rates/valkey.ts'
import { ValkeyScripts } from '#system/valkey/scripts.ts'
import type { ServiceContext } from './context.ts'

/**
 * @param door Named in what is told of it.
 * @returns Undefined when no Valkey is configured.
 */
export function openSharedCounts(
  { config, log, trail }: ServiceContext,
  door: string,
): ValkeyScripts | undefined {
  const { valkeyUrl } = config.webGateway.counters
  if (valkeyUrl === undefined) return undefined
  const record = (code: string): void => void trail.append([{ code, detail: { door } }])
  return new ValkeyScripts({
    url: valkeyUrl,
    onFault: (error) => {
      log.error({ door }, error.message)
      record('LOGIN_COUNTED_HERE')
    },
    onBack: () => record('LOGIN_COUNTED_TOGETHER'),
  })
}

/** Where a door counts the names of its keys from: two doors share no count. */
export function sharedPrefix(door: string): string {
  return `veilig:${door}`
}

/** Counts requests on limited routes: together when `shared` is there, else in memory. */
export function openRates(
  { clock }: ServiceContext,
  door: string,
  shared: ValkeyScripts | undefined,
): RateLimits {
  const own = ratesInMemory(() => clock.monotonicMs())
  if (!shared) return own
  return valkeyRates({ scripts: shared, prefix: sharedPrefix(door), fallback: own })
}
