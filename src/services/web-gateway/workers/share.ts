/**
 * What one of several processes may use of what all may use together.
 *
 * The system deals connections out by chance, so a share can be full a little before the whole is;
 * the whole is never exceeded by more than the rounding.
 *
 * @module
 */
import { shareOf as share } from '#lib/share.ts'
import type { LimitsConfig } from '../config.ts'

/** Limits on what there is at one time in the whole gateway. */
const ofTheWhole = [
  'connectionsMax',
  'connectionsPerAddressMax',
  'upstreamConnectionsMax',
  'upstreamQueueMax',
] as const satisfies readonly (keyof LimitsConfig)[]

/** @param processes How many share. */
export function shareOf(limits: LimitsConfig, processes: number): LimitsConfig {
  return share(limits, ofTheWhole, processes)
}
