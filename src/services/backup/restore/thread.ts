/**
 * A thread of a restore: writes its portion, and asks the thread that started it for packs.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import type { DataKey } from '../repository/data-key.ts'
import type { PackSource } from './pack-source.ts'
import { writePortion } from './portion-writer.ts'
import {
  receiveFiles,
  sendFault,
  type Answer,
  type Assignment,
  type FromThread,
} from './thread-messages.ts'

/** Written between two words about it. */
const PROGRESS_BYTES = 4 * 1024 * 1024

assert(parentPort, 'runs as a thread')
await main(parentPort, workerData as Assignment)

async function main(port: MessagePort, assignment: Assignment): Promise<void> {
  const { over, held } = assignment
  const say = (words: FromThread): void => port.postMessage(words)
  let toldBytes = 0
  const progress = (bytes: number): void => {
    toldBytes += bytes
    if (toldBytes < PROGRESS_BYTES) return
    say({ say: 'progress', bytes: toldBytes })
    toldBytes = 0
  }
  try {
    const source = askedSource(port, assignment)
    const { files, locate } = receiveFiles(assignment.files)
    const writtenBytes = await writePortion({ source, files, locate, over, held, progress })
    say({ say: 'progress', bytes: toldBytes })
    say({ say: 'done', writtenBytes })
  } catch (error) {
    const fault = sendFault(error)
    if (!fault) throw error
    say({ say: 'failed', fault })
  }
}

/** Packs and keys, from the thread that has them. */
function askedSource(port: MessagePort, { repositoryId, packSizes }: Assignment): PackSource {
  const waiting = new Map<number, (value: Answer['value']) => void>()
  port.on('message', ({ number, value }: Answer) => {
    waiting.get(number)?.(value)
    waiting.delete(number)
  })
  let asked = 0
  const ask = async (question: Asked): Promise<Answer['value']> => {
    const number = asked++
    const { promise, resolve } = Promise.withResolvers<Answer['value']>()
    waiting.set(number, resolve)
    port.postMessage({ ...question, number })
    return promise
  }
  return {
    repositoryId,
    packSize: (name) => packSizes.get(name) ?? 0,
    read: async (name) => (await ask({ say: 'pack', name })) as Uint8Array,
    dataKeys: async (keyId) => (await ask({ say: 'key', keyId })) as DataKey,
  }
}

/** A question that has no number yet. */
type Asked = { readonly say: 'pack'; name: string } | { readonly say: 'key'; keyId: Uint8Array }
