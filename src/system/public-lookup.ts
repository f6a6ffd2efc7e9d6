/**
 * Looks up names for calls that a stranger asked us to make: only addresses of the public internet
 * are found, so that nobody reaches through us what stands behind us.
 *
 * The address that was judged is the one that is called: a name cannot change between the two.
 *
 * @module
 */
import { lookup } from 'node:dns'
import { BlockList, type LookupFunction } from 'node:net'

/** IANA special-purpose registries: nothing of these is a stranger's public server. */
const notPublic: readonly (readonly [net: string, prefix: number, family: 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 3, 'ipv6'], // with ::1, mapped IPv4 and 64:ff9b::/96
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['4000::', 2, 'ipv6'], // only 2000::/3 is given out: unique-local, link-local, multicast are here
  ['8000::', 1, 'ipv6'],
]

/** Two lists: one alone takes IPv4 for the IPv6 that maps it, and would refuse all of it. */
const blocked = { ipv4: new BlockList(), ipv6: new BlockList() }
for (const [net, prefix, family] of notPublic) blocked[family].addSubnet(net, prefix, family)

export function isPublicAddress(address: string, family: number): boolean {
  const kind = family === 6 ? 'ipv6' : 'ipv4'
  return !blocked[kind].check(address, kind)
}

/** For `request`: a name that leads to no public address is as one that does not exist. */
export const publicLookup: LookupFunction = (name, options, callback) => {
  lookup(name, { ...options, all: true }, (error, found) => {
    const usable = error ? [] : found.filter((one) => isPublicAddress(one.address, one.family))
    const [first] = usable
    if (!first) {
      const none =
        error ?? Object.assign(new Error(`${name} is nowhere public`), { code: 'ENOTFOUND' })
      return callback(none, '', 4)
    }
    if (options.all === true) callback(null, usable)
    else callback(null, first.address, first.family)
  })
}
