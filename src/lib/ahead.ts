/**
 * Work done ahead of whoever takes it, and work shared by several hands; both bounded. Pure.
 *
 * @module
 */

/**
 * Results in the order of their items; while one is awaited, those after it are under way.
 *
 * Whoever stops taking early leaves no failure unheard: what is under way is let go.
 *
 * @param limit Together the items under way weigh no more than this; one alone may.
 * @param weigh By default every item weighs 1.
 * @throws As `act` for the item whose turn it is; as `items`.
 */
export async function* ahead<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  act: (item: Item) => Promise<Result>,
  weigh: (item: Item) => number = () => 1,
): AsyncGenerator<Result, void, undefined> {
  const underWay: { result: Promise<Result>; weight: number }[] = []
  let total = 0
  const first = async (): Promise<Result> => {
    const { result, weight } = underWay.shift()!
    total -= weight
    return result
  }
  for await (const item of items) {
    const weight = weigh(item)
    while (underWay.length > 0 && total + weight > limit) yield await first()
    const result = act(item)
    result.catch(() => {}) // awaited in its turn, or let go
    underWay.push({ result, weight })
    total += weight
  }
  while (underWay.length > 0) yield await first()
}

/**
 * Acts on every item, `atOnce` of them at a time; each hand takes the next item when it is free.
 *
 * @throws The first failure, once no hand is at work any more; nothing is begun after it.
 */
export async function eachAtOnce<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  atOnce: number,
  act: (item: Item) => Promise<void> | void,
): Promise<void> {
  const source = toAsync(items)
  let failed = false
  const hand = async (): Promise<void> => {
    try {
      for (let next = await source.next(); !next.done; next = await source.next()) {
        if (failed) return
        await act(next.value)
      }
    } catch (error) {
      failed = true
      throw error
    }
  }
  const hands = await Promise.allSettled(Array.from({ length: atOnce }, hand))
  await source.return()
  const fault = hands.find(({ status }) => status === 'rejected') as
    PromiseRejectedResult | undefined
  if (fault) throw fault.reason
}

// A generator takes its calls one after the other, so several hands may ask it at once.
async function* toAsync<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
): AsyncGenerator<Item, void, undefined> {
  yield* items
}
