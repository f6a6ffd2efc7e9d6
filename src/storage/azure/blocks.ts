/**
 * A large object in blocks, so that a hiccup near its end does not cost all of it.
 *
 * Blocks that were never made a blob are dropped by the service after a week; they are in no list.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { VeiligError } from '#lib/errors.ts'
import type { StoreAnswer } from '../http/exchange.ts'
import type { AzureClient } from './client.ts'

/** From this size on an object goes in blocks. */
export const BLOCKS_FROM_BYTES: number = 32 * 1024 * 1024
const BLOCK_BYTES = 8 * 1024 * 1024
const AT_ONCE = 4
const TRIES = 3

/** @returns 201; 409 or 412 when the name is taken. @throws {FaultError} STORE_FAILED. */
export async function putBlocks(
  client: AzureClient,
  name: string,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<StoreAnswer> {
  // Ids from the content: two writers of one name never mix their blocks.
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 32)
  const count = Math.ceil(bytes.length / BLOCK_BYTES)
  const ids = Array.from({ length: count }, (_, at) =>
    Buffer.from(`${digest}-${String(at).padStart(5, '0')}`).toString('base64'),
  )
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const at = next++
      const block = bytes.subarray(at * BLOCK_BYTES, (at + 1) * BLOCK_BYTES)
      await putBlock(client, name, { comp: 'block', blockid: ids[at] ?? '' }, block)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  const { 'x-ms-blob-type': _type, ...ofList } = headers
  const body = Buffer.from(
    `<BlockList>${ids.map((id) => `<Uncommitted>${id}</Uncommitted>`).join('')}</BlockList>`,
  )
  const call = { method: 'PUT', name, query: { comp: 'blocklist' }, headers: ofList, body } as const
  return client.call(call, [409, 412])
}

async function putBlock(
  client: AzureClient,
  name: string,
  query: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<void> {
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') }
  for (let attempt = 1; ; attempt++) {
    try {
      await client.call({ method: 'PUT', name, query, headers, body })
      return
    } catch (error) {
      if (!(error instanceof VeiligError) || attempt === TRIES) throw error
    }
  }
}
