/**
 * Deletes an object for good: in a bucket with versions a plain deletion hides it and no more.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import { elementsOf, textOf } from '../http/xml.ts'
import { textIn, type S3Client } from './client.ts'

/** An object of ours has one version; more come from somebody else, and this many are enough. */
const PAGES_MAX = 100

/**
 * Removes every version and every mark of deletion of one key.
 *
 * @throws {FaultError} OBJECT_LOCKED when the bucket keeps one of them. STORE_FAILED.
 */
export async function deleteVersions(client: S3Client, key: string): Promise<void> {
  // A page holds other keys that begin alike; ours comes first, as it is the shortest.
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = { versions: '', prefix: key, 'max-keys': '1000' }
    const text = textIn(await client.call({ method: 'GET', key: '', query }))
    const found = [...elementsOf(text, 'Version'), ...elementsOf(text, 'DeleteMarker')]
      .filter((element) => textOf(element, 'Key') === key)
      .map((element) => textOf(element, 'VersionId') ?? 'null')
    if (found.length === 0) return
    for (const versionId of found) {
      const call = { method: 'DELETE', key, query: { versionId } } as const
      const answer = await client.call(call, [403, 404])
      if (answer.status === 403) throw await locked(client, key, versionId, textIn(answer))
    }
  }
  throw new FaultError('STORE_FAILED', `${key} has more versions than can be deleted`)
}

/**
 * Whether this version was the first under its key. One that was not is removed again.
 *
 * @throws {FaultError} STORE_FAILED.
 */
export async function isFirstVersion(
  client: S3Client,
  key: string,
  versionId: string,
): Promise<boolean> {
  const query = { versions: '', prefix: key, 'max-keys': '1000' }
  const text = textIn(await client.call({ method: 'GET', key: '', query }))
  const oldest = elementsOf(text, 'Version')
    .filter((element) => textOf(element, 'Key') === key)
    .at(-1) // a bucket lists the newest first
  if (oldest !== undefined && textOf(oldest, 'VersionId') === versionId) return true
  await client.call({ method: 'DELETE', key, query: { versionId } }, [404])
  return false
}

/** Tells a lock from a policy that forbids deleting: both are a 403. */
async function locked(
  client: S3Client,
  key: string,
  versionId: string,
  refusal: string,
): Promise<FaultError> {
  const query = { retention: '', versionId }
  const answer = await client.call({ method: 'GET', key, query }, [400, 403, 404])
  const until = textOf(textIn(answer), 'RetainUntilDate')
  const why = until === undefined ? 'by a hold or a policy' : `until ${until}`
  const said = textOf(refusal, 'Message') ?? ''
  return new FaultError('OBJECT_LOCKED', `${key} is kept by its bucket, ${why} ${said}`.trim())
}
