/**
 * Addresses and ranges of them, read strictly: what could mean two things means none.
 *
 * @module
 */
import { BlockList, isIP, isIPv4 } from 'node:net'
import { UsageError } from '#lib/errors.ts'

export type AddressRange = {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/**
 * Reads an address or CIDR range, strictly: what could mean two things means none.
 *
 * `010.0.0.1` is 10.0.0.1 to one library and 8.0.0.1 to another; here it is refused.
 */
export function readRange(text: string): AddressRange | undefined {
  const [, address = '', prefixText] =
    /^([0-9a-fA-F:.]+)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? []
  const version = isIP(address)
  if (version === 0) return undefined
  const bits = version === 4 ? 32 : 128
  const prefix = prefixText === undefined ? bits : Number(prefixText)
  if (prefix > bits) return undefined
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}

export type AllowList = (address: string | undefined) => boolean

/** @throws {UsageError} ALLOW_LIST_INVALID naming the entry. */
export function allowList(ranges: readonly string[]): AllowList {
  const list = new BlockList()
  for (const text of ranges) {
    const range = readRange(text)
    if (!range) throw new UsageError('ALLOW_LIST_INVALID', `${text} is not an address or range`)
    list.addSubnet(range.address, range.prefix, range.family)
  }
  return (address) => {
    const plain = plainAddress(address)
    // BlockList answers false, not an error, for what it cannot read: so it is checked first, and
    // false is the safe answer.
    if (plain === undefined) return false
    return list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
  }
}

/** The address without its IPv6 clothing (::ffff:) and zone; undefined when it is none. */
export function plainAddress(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  const bare = address.replace(/%.*$/s, '')
  const mapped = /^::ffff:([0-9.]+)$/i.exec(bare)?.[1]
  const plain = mapped ?? bare
  return isIP(plain) === 0 ? undefined : plain
}
