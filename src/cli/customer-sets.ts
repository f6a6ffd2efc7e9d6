/**
 * Where the prober leaves what it found for each customer, and the trust page finds it.
 *
 * @module
 */
import { join } from 'node:path'
import type { CustomerSet } from '#crypto/customer-leaves.ts'
import { systemDisk } from '#system/disk.ts'
import type { Paths } from './paths.ts'

/** The secret from which customers' links come; the prober's. */
export function customersKey(paths: Paths): string {
  return paths.secret('prober', 'customers.key')
}

/** @throws {FaultError} DISK_…. */
export function keepCustomerSets(
  paths: Paths,
  claim: string,
  sets: readonly CustomerSet[],
): Promise<void> {
  return systemDisk.replace(join(paths.customers, claim), Buffer.from(JSON.stringify(sets)))
}

/** By claim; none where nothing was measured for anybody. @throws {FaultError} DISK_…. */
export async function customerSets(
  paths: Paths,
): Promise<ReadonlyMap<string, readonly CustomerSet[]>> {
  const names = await systemDisk.list(paths.customers)
  const all = names.map(async (claim) => {
    const bytes = await systemDisk.read(join(paths.customers, claim))
    return [claim, JSON.parse(Buffer.from(bytes).toString()) as CustomerSet[]] as const
  })
  return new Map(await Promise.all(all))
}
