/** Waiting for what another process, or another socket, has yet to do: never a fixed sleep. */
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

const LOOK_EVERY_MS = 20
const PATIENCE_MS = 60_000

/** Nothing yet: `undefined`, or the `null` of a pattern that does not match. */
type Sought<Found> = Found | undefined | null

/**
 * What `look` finds, as soon as it finds something.
 *
 * @param what For the message, when it never comes.
 * @throws {AssertionError} After a minute: far longer than a loaded machine needs.
 */
export async function eventually<Found>(
  what: string,
  look: () => Sought<Found> | Promise<Sought<Found>>,
): Promise<Found> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== null) return found
    assert(performance.now() < until, `waited a minute in vain for ${what}`)
    await delay(LOOK_EVERY_MS)
  }
}
