/**
 * How a twin misbehaves, chosen by the last two digits of the amount.
 *
 * @module
 */

/** How a notification goes wrong on its way. */
export type Mischief = 'none' | 'late' | 'twice' | 'lost' | 'wrong-amount' | 'refused-first'

const byCents: Readonly<Record<number, Mischief>> = {
  91: 'late',
  92: 'twice',
  93: 'lost',
  94: 'wrong-amount',
  95: 'refused-first',
}

/** @param amount In minor units. */
export function mischiefOf(amount: number): Mischief {
  return byCents[amount % 100] ?? 'none'
}
