/**
 * What a receiving domain has announced about TLS, by MTA-STS, and remembered between looks: a
 * policy once seen holds until it is too old, also when an attacker hides it.
 *
 * Source: RFC 8461 §3.3, §5.1, §10.2.
 *
 * @module
 */
import { getPolicy, validateMx } from 'mailauth/lib/mta-sts.js'
import type { MTASTSPolicy } from 'mailauth'
import type { Lookup } from '../dns-check.ts'

export type StsPolicy = {
  readonly mode: 'enforce' | 'testing' | 'none'
  /** Host names, or `*.` before one. */
  readonly mx: readonly string[]
}

/** What holds for a domain now; undefined when it has announced nothing. */
export type StsPolicyOf = (domain: string) => Promise<StsPolicy | undefined>

/** Where policies outlive the process. */
export type PolicyBook = {
  read(domain: string): Promise<object | undefined>
  write(domain: string, policy: object, expiresMs: number): Promise<void>
}

const FETCH_TIMEOUT_MS = 20_000
/** Between two looks at one domain's DNS. */
const FRESH_MS = 5 * 60_000
const REMEMBERED_MAX = 10_000
const SECOND_MS = 1_000
/** No id that a domain can publish, so that the policy is asked for. */
const AGEING = '-'

type Remembered = { readonly lookedMs: number; readonly policy: MTASTSPolicy | undefined }

/** @param now Milliseconds since the epoch. */
export function stsPolicies(lookup: Lookup, book: PolicyBook, now: () => number): StsPolicyOf {
  const remembered = new Map<string, Remembered>()
  const look = async (domain: string): Promise<MTASTSPolicy | undefined> => {
    const kept = (await book.read(domain)) as MTASTSPolicy | undefined
    const known = kept && isAgeing(kept, now()) ? { ...kept, id: AGEING } : kept
    const options = { resolver: lookup, strict: true, timeout: FETCH_TIMEOUT_MS }
    const { policy, status } = await getPolicy(domain, known ?? null, options)
    if (status === 'found') await book.write(domain, policy, expiryOf(policy, now()))
    return policy
  }
  return async (domain) => {
    const nowMs = now()
    let found = remembered.get(domain)
    if (!found || nowMs - found.lookedMs > FRESH_MS) {
      if (remembered.size >= REMEMBERED_MAX) remembered.clear()
      found = { lookedMs: nowMs, policy: await look(domain) }
      remembered.set(domain, found)
    }
    const { policy } = found
    if (!policy?.id || policy.mode === 'none') return undefined
    return { mode: policy.mode as StsPolicy['mode'], mx: policy.mx ?? [] }
  }
}

/**
 * Past half of its time a policy is fetched anew though its id is the same: else whoever stands
 * between at the one moment it ends would find us without. RFC 8461 §3.3, §10.2.
 */
function isAgeing(policy: MTASTSPolicy, nowMs: number): boolean {
  const leftMs = expiryOf(policy, nowMs) - nowMs
  return leftMs < ((policy.maxAge ?? 0) * SECOND_MS) / 2
}

function expiryOf(policy: MTASTSPolicy, nowMs: number): number {
  const expires = new Date(policy.expires ?? nowMs).getTime()
  return Number.isFinite(expires) ? expires : nowMs
}

/** Whether the policy names this host. */
export function allowsHost(policy: StsPolicy, host: string): boolean {
  return validateMx(host, { id: 'x', ...policy, mx: [...policy.mx] }).valid
}
