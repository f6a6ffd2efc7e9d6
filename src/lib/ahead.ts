/**
 * Work done ahead of whoever takes it, and work shared by several hands; both bounded. Pure.
 *
 * @module
 */

/**
 * Results in the order of their items, up to `atOnce` of them under way before they are taken.
 *
 * Whoever stops taking early leaves no failure unheard: what is under way is let go.
 *
 * @throws As `act` for the item whose turn it is.
 */
export async function* ahead<Item, Result>(
  items: Iterable<Item>,
  atOnce: number,
  act: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const underWay: Promise<Result>[] = []
  for (const item of items) {
    const result = act(item)
    result.catch(() => {}) // awaited in its turn, or let go
    underWay.push(result)
    if (underWay.length >= atOnce) yield (await underWay.shift()) as Result
  }
  for (let result = underWay.shift(); result; result = underWay.shift()) yield await result
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
