/**
 * A large object in parts, so that a hiccup near its end does not cost all of it.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { FaultError, VeiligError } from '#lib/errors.ts'
import { textOf } from '../http/xml.ts'
import type { StoreAnswer } from '../http/exchange.ts'
import { textIn, type S3Client } from './client.ts'

/** From this size on an object goes in parts. */
export const PARTS_FROM_BYTES: number = 32 * 1024 * 1024
/** Amazon wants 5 MiB at least. */
const PART_BYTES = 8 * 1024 * 1024
const AT_ONCE = 4
const TRIES = 3

/** What came of storing an object. */
export type Sent = {
  /** 2xx; 412 when the name is taken, 409 when somebody is taking it. */
  readonly status: number
  /** Undefined in a bucket without versions. */
  readonly version: string | undefined
}

export function sentBy({ status, headers }: StoreAnswer): Sent {
  const version = headers['x-amz-version-id']
  return { status, version: typeof version === 'string' ? version : undefined }
}

/**
 * @param headers Of the object: lock, and the condition that its name is free.
 * @returns Nothing is left of it when the status is no 2xx.
 * @throws {FaultError} STORE_FAILED.
 */
export async function putParts(
  client: S3Client,
  key: string,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<Sent> {
  const { 'if-none-match': condition, ...ofObject } = headers
  const begun = await client.call({
    method: 'POST',
    key,
    query: { uploads: '' },
    headers: ofObject,
  })
  const upload = textOf(textIn(begun), 'UploadId')
  if (upload === undefined) throw new FaultError('STORE_FAILED', `${key} could not be begun`)
  let status = 0
  try {
    const tags = await sendParts(client, key, upload, bytes)
    const list = tags.map(
      (tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${tag}</ETag></Part>`,
    )
    const answer = await client.call(
      {
        method: 'POST',
        key,
        query: { uploadId: upload },
        headers: condition === undefined ? {} : { 'if-none-match': condition },
        body: Buffer.from(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`),
      },
      [409, 412],
    )
    // Amazon may answer 200 at once and tell of a failure in the body.
    if (answer.status === 200 && /<Error>/.test(textIn(answer))) {
      throw new FaultError('STORE_FAILED', `${key} could not be put together`)
    }
    status = answer.status
    return sentBy(answer)
  } finally {
    if (status < 200 || status > 299) {
      // What is left of an upload costs money and is nowhere listed.
      const abort = { method: 'DELETE', key, query: { uploadId: upload } } as const
      await client.call(abort, [404]).catch(() => undefined)
    }
  }
}

/** @returns Each part's tag, in order. */
async function sendParts(
  client: S3Client,
  key: string,
  upload: string,
  bytes: Uint8Array,
): Promise<string[]> {
  const count = Math.ceil(bytes.length / PART_BYTES)
  const tags: string[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const at = next++
      const part = bytes.subarray(at * PART_BYTES, (at + 1) * PART_BYTES)
      tags[at] = await sendPart(client, key, { partNumber: String(at + 1), uploadId: upload }, part)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return tags
}

async function sendPart(
  client: S3Client,
  key: string,
  query: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<string> {
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') }
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await client.call({ method: 'PUT', key, query, headers, body })
      return String(answer.headers['etag'])
    } catch (error) {
      if (!(error instanceof VeiligError) || attempt === TRIES) throw error
    }
  }
}
