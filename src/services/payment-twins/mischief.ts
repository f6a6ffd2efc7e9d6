/**
 * How a twin misbehaves, chosen by the last two digits of the amount.
 *
 * @module
 */

/** How a notification goes wrong on its way. */
export type Mischief =
  'none' | 'late' | 'twice' | 'lost' | 'wrong-amount' | 'refused-first' | 'debit-refused'

/** How the first answer to a call of the club's server goes wrong; the next is right. */
export type Trouble = 'none' | 'html' | 'error' | 'keys' | 'cut'

const byCents: Readonly<Record<number, Mischief>> = {
  91: 'late',
  92: 'twice',
  93: 'lost',
  94: 'wrong-amount',
  95: 'refused-first',
  96: 'debit-refused',
}

const troubleByCents: Readonly<Record<number, Trouble>> = {
  81: 'html',
  82: 'error',
  83: 'keys',
  84: 'cut',
}

/** @param amount In minor units. */
export function troubleOf(amount: number): Trouble {
  return troubleByCents[amount % 100] ?? 'none'
}

/** What is answered instead; undefined: the right answer. */
export function troubled(trouble: Trouble): Response | undefined {
  switch (trouble) {
    case 'none':
      return undefined
    case 'html':
      return new Response('<!doctype html><h1>We are working on it</h1>', {
        headers: { 'content-type': 'text/html' },
      })
    case 'error':
      return new Response('{"name":"INTERNAL_SERVER_ERROR"}', { status: 500 })
    case 'keys':
      return new Response('{"error":"invalid_client"}', { status: 401 })
    case 'cut':
      return new Response('{"id":"5O190127TN36', { status: 201 })
  }
}

/** @param amount In minor units. */
export function mischiefOf(amount: number): Mischief {
  return byCents[amount % 100] ?? 'none'
}
