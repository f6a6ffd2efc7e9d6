/**
 * What was once worked out of a text, remembered: programs repeat themselves. Pure, bounded.
 *
 * @module
 */
import { keepNewest } from './keep-newest.ts'

export type RememberedLimits = {
  readonly entriesMax: number
  /** Characters of a text worth remembering. */
  readonly textMax: number
}

/** The same function, working each of the last texts out once; the oldest is forgotten first. */
export function remembered<Value>(
  workOut: (text: string) => Value,
  { entriesMax, textMax }: RememberedLimits,
): (text: string) => Value {
  const known = new Map<string, { readonly value: Value }>()
  return (text) => {
    const found = known.get(text)
    if (found) return found.value
    const value = workOut(text)
    if (text.length > textMax) return value
    keepNewest(known, text, { value }, entriesMax)
    return value
  }
}
