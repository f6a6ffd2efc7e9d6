/**
 * Networks that others keep lists of: exits of Tor, hosting companies, known attackers. Whoever
 * comes from one is told by the name of the list; a list decides nothing else.
 *
 * @module
 */
import { allowList, readRange, type AllowList } from '#system/address-ranges.ts'

/** Ranges of one list; a longer one is not taken, as it would not be the list that was meant. */
const RANGES_MAX = 500_000

/** A list, read. */
export type ListedNetwork = { readonly name: string; readonly ranges: readonly string[] }

/** Asks of an address on which lists it is. */
export class ListedNetworks {
  readonly #lists: readonly { readonly name: string; readonly has: AllowList }[]

  /** @throws {UsageError} ALLOW_LIST_INVALID naming the entry. */
  constructor(networks: readonly ListedNetwork[]) {
    this.#lists = networks.map(({ name, ranges }) => ({ name, has: allowList(ranges) }))
  }

  /** Names of the lists, separated by commas; '' when it is on none. */
  namesFor(address: string): string {
    return this.#lists
      .filter(({ has }) => has(address))
      .map(({ name }) => name)
      .join(', ')
  }
}

/** The ranges of a file: one a line, `#` begins a comment. What is no range is left out. */
export function rangesIn(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '' && readRange(line) !== undefined)
    .slice(0, RANGES_MAX)
}
