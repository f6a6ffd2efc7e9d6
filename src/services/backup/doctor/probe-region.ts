/**
 * Tries a region as a backup would use it, and cleans up behind itself.
 *
 * @module
 */
import { UsageError, VeiligError } from '#lib/errors.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { good, missing, unknown, weak, type Finding } from './finding.ts'

export type RegionToTry = {
  readonly name: string
  readonly required: boolean
  readonly store: ObjectStore
  /** Where it locks what it stores; then a trial would stay for days, and is not made. */
  readonly locks: boolean
  /** Free bytes of its disk; undefined where nobody can say. */
  readonly freeBytes: number | undefined
}

/** One full backup is taken before the last one goes; and there is the log. */
const ROOM_TIMES = 3
const GIB = 1024 ** 3

/**
 * @param databaseBytes Of the database that is kept; undefined when it could not be asked.
 * @param random Hex, for the name of a trial.
 */
export async function tryRegion(
  region: RegionToTry,
  databaseBytes: number | undefined,
  random: string,
): Promise<Finding[]> {
  const reach = await tryReach(region)
  if (reach.state !== 'good') return [reach]
  return [
    reach,
    ...(await tryWriteOnce(region, `doctor/${random}`)),
    ...(await tryLock(region)),
    ...judgeRoom(region, databaseBytes),
  ]
}

async function tryReach({ name, required, store }: RegionToTry): Promise<Finding> {
  const id = `region.${name}.reach`
  try {
    for await (const _ of store.list('keys')) break
    return good(id, `region ${name} answers`)
  } catch (error) {
    if (!(error instanceof VeiligError)) throw error
    const sentence = `region ${name} does not serve: ${error.message}`
    const mend = 'see the message; then run this again'
    return required ? missing(id, sentence, mend) : weak(id, sentence, mend)
  }
}

async function tryWriteOnce(
  { name, store, locks, required }: RegionToTry,
  object: string,
): Promise<Finding[]> {
  const id = `region.${name}.write-once`
  if (locks) return [unknown(id, `region ${name} locks what it stores, so nothing was tried in it`)]
  const one = Buffer.from('one')
  try {
    await store.put(object, one)
    const refused = await store.put(object, Buffer.from('two')).then(
      () => false,
      (error: unknown) => isCode(error, 'OBJECT_EXISTS'),
    )
    const kept = Buffer.from(await store.get(object)).equals(one)
    await store.delete(object)
    const gone = (await store.head(object)) === undefined
    const once =
      refused && kept
        ? good(id, `region ${name} keeps what was written once`)
        : missing(
            id,
            `region ${name} lets an object be written twice`,
            'set writeOnce: ask for this region, and give its bucket versions',
          )
    if (gone) return [once]
    const mend = 'give its key the right to delete (every version too), or retention cannot destroy'
    return [once, weak(`region.${name}.delete`, `region ${name} does not delete`, mend)]
  } catch (error) {
    if (!(error instanceof VeiligError) || error instanceof UsageError) throw error
    const sentence = `region ${name} cannot be written: ${error.message}`
    const mend = 'see the message; then run this again'
    return [required ? missing(id, sentence, mend) : weak(id, sentence, mend)]
  }
}

async function tryLock({ name, store, locks }: RegionToTry): Promise<Finding[]> {
  if (!locks) return []
  const id = `region.${name}.lock`
  try {
    if (await store.lock?.enabled()) {
      return [good(id, `region ${name} itself refuses to delete before the day`)]
    }
  } catch (error) {
    if (!(error instanceof VeiligError)) throw error
    return [unknown(id, `region ${name} does not say whether it can lock: ${error.message}`)]
  }
  const mend = 'make a new bucket with object lock (a container with immutability of versions)'
  return [missing(id, `region ${name} cannot lock, though objectLock is set`, mend)]
}

function judgeRoom({ name, freeBytes }: RegionToTry, databaseBytes: number | undefined): Finding[] {
  if (freeBytes === undefined || databaseBytes === undefined) return []
  const id = `region.${name}.room`
  const [free, size] = [freeBytes, databaseBytes].map((bytes) => `${(bytes / GIB).toFixed(1)} GiB`)
  const sentence = `region ${name} has ${free} free for a database of ${size}`
  if (freeBytes >= ROOM_TIMES * databaseBytes) return [good(id, sentence)]
  const state = freeBytes < databaseBytes ? missing : weak
  return [state(id, sentence, `make room, or name a larger folder; ${ROOM_TIMES} times is enough`)]
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof VeiligError && error.code === code
}
