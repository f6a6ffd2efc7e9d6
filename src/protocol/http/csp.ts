/**
 * Content-Security-Policy, as far as a gateway must understand it: whether what the application
 * sends is a policy at all, and what it says of a directive.
 *
 * Source: CSP Level 3 §2.2 (policies), §2.3.1 (the first of a repeated directive counts).
 *
 * @module
 */

/** One policy: directive name in lower case → its source expressions as given. */
export type CspPolicy = ReadonlyMap<string, readonly string[]>

const directiveName = /^[a-z0-9-]+$/

/**
 * Reads the policies of one header value; commas separate several, and all of them hold.
 *
 * @returns Policies with at least one directive; empty when the value holds none.
 */
export function parseCsp(value: string): readonly CspPolicy[] {
  return value
    .split(',')
    .map(parsePolicy)
    .filter((policy) => policy.size > 0)
}

function parsePolicy(text: string): CspPolicy {
  const policy = new Map<string, readonly string[]>()
  for (const directive of text.split(';')) {
    const [name = '', ...sources] = directive.trim().split(/[\t\n\f\r ]+/)
    const key = name.toLowerCase()
    if (directiveName.test(key) && !policy.has(key)) policy.set(key, sources)
  }
  return policy
}

const anyDirective = /(?:^|[,;])[\t\n\f\r ]*[a-z0-9-]+(?![^\t\n\f\r ,;])/i

/** Whether a header value holds a policy at all: as `parseCsp`, but on every answer's way. */
export function isPolicy(value: string): boolean {
  return anyDirective.test(value)
}

/** Whether a policy limits what scripts may run, which a policy for framing alone does not. */
export function governsScripts(policy: CspPolicy): boolean {
  return policy.has('default-src') || policy.has('script-src') || policy.has('sandbox')
}
