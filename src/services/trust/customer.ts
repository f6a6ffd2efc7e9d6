/**
 * What was measured for one customer alone: found by its token, shown only when it is provably
 * under what was signed.
 *
 * @module
 */
import {
  customerKey,
  customerProof,
  NAMES_MAX,
  openCustomerLeaf,
  TOKEN_SEPARATOR,
  type CustomerPart,
  type CustomerProof,
  type CustomerSet,
} from '#crypto/customer-leaves.ts'
import type { BundleCustomer } from '#crypto/evidence-bundle.ts'
import { CUSTOMERS_MEASURED } from '#lib/claims/findings-customers.ts'
import type { ClaimStatus } from '#lib/claims/state.ts'

const TOKEN = /^[\w-]{43}$/

/** One promise as it was measured for the customer. */
export type CustomerItem = {
  readonly status: ClaimStatus
  readonly part: CustomerPart
  readonly proof: BundleCustomer
}

export type CustomerView = {
  /** Its names, as the books have them. */
  readonly names: readonly string[]
  readonly items: readonly CustomerItem[]
}

/**
 * @returns Undefined for a token of nobody, and of whom nothing is known yet: both look alike.
 */
export function customerView(
  statuses: readonly ClaimStatus[],
  sets: ReadonlyMap<string, readonly CustomerSet[]>,
  token: string,
): CustomerView | undefined {
  const tokens = token.split(TOKEN_SEPARATOR)
  if (tokens.length > NAMES_MAX || !tokens.every((one) => TOKEN.test(one))) return undefined
  const keys = tokens.map(customerKey)
  const items = statuses.flatMap((status) => {
    const kept = sets.get(status.claim.id) ?? []
    return keys.flatMap((key) => itemOf(status, kept, key) ?? [])
  })
  if (items.length === 0) return undefined
  return { names: [...new Set(items.map(({ part }) => part.customer))], items }
}

function itemOf(
  status: ClaimStatus,
  kept: readonly CustomerSet[],
  key: string,
): CustomerItem | undefined {
  const { claim, record } = status
  if (!record) return undefined
  const { index, measurement } = record.newest
  const signed = measurement.findings.find(({ code }) => code === CUSTOMERS_MEASURED)
  const root = String(signed?.values['root'])
  const set = kept.find((one) => one.root === root)
  const proof: CustomerProof | undefined = set && customerProof(set, key)
  // The set lies in a file: it is believed as far as it gives the root that was signed.
  const part = proof && openCustomerLeaf(proof, claim.id, root)
  return part && { status, part, proof: { ...proof, index } }
}
