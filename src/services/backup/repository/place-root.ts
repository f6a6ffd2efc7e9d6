/**
 * The first thing in every region: the root, which says whose repository it is.
 *
 * @module
 */
import { FaultError, UsageError, VeiligError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import { ROOT_NAME } from './names.ts'
import type { Region, Regions } from './regions.ts'
import type { RepositoryRoot } from './root.ts'

const OPTIONAL_WAIT_MS = 3_000

/**
 * Puts the root into every region. One that is not required, and does not answer soon, is not
 * waited for: it is caught up later.
 *
 * @returns The regions that answered.
 */
export async function placeRoot(
  regions: Regions,
  root: RepositoryRoot,
  clock: Clock,
): Promise<Region[]> {
  const tried = regions.all.map(async (region) => {
    const { name, store, required } = region.place
    if (!required) region.behind = true // until the catch-up has compared it
    try {
      await store.put(ROOT_NAME, root.bytes)
      return [region]
    } catch (error) {
      if (error instanceof VeiligError && error.code === 'OBJECT_EXISTS') {
        const message = `region ${name} holds another repository; give it an empty folder`
        throw new UsageError('REPOSITORY_FOREIGN', message)
      }
      if (required || !(error instanceof FaultError)) throw error
      return []
    }
  })
  const enough = new AbortController()
  const late = clock.sleep(OPTIONAL_WAIT_MS, enough.signal).then(
    () => [],
    () => [],
  )
  try {
    const found = regions.all.map(({ place: { required } }, at) =>
      Promise.race([tried[at] ?? [], ...(required ? [] : [late])]),
    )
    return (await Promise.all(found)).flat()
  } finally {
    enough.abort()
    for (const one of tried) one.catch(() => {}) // of one that was not waited for
  }
}
