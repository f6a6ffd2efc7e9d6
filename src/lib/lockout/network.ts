/**
 * Which addresses belong to one customer of one provider, and so to one attacker.
 *
 * @module
 */

const IPV6_GROUPS = 8
/** What a household or a rented machine gets: anyone has 2^64 addresses within it. */
const PREFIX_GROUPS = 4

/**
 * The network of an address: an IPv4 address for itself, an IPv6 address by its /64 prefix. What is
 * no address is its own network, so that nothing escapes by being odd.
 */
export function networkOf(address: string): string {
  const bare = address
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .toLowerCase()
  if (!bare.includes(':')) return bare
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [head = '', tail] = bare.split('::')
  const before = groups(head)
  const after = groups(tail ?? '')
  const missing = tail === undefined ? 0 : Math.max(0, IPV6_GROUPS - before.length - after.length)
  const all = [...before, ...Array.from({ length: missing }, () => '0'), ...after]
  return `${all.slice(0, PREFIX_GROUPS).join(':')}::/64`
}

function groups(text: string): string[] {
  return text === '' ? [] : text.split(':').map((group) => group.replace(/^0+(?=.)/, ''))
}
