/**
 * A thread that sums and compresses chunks, one after the other, in memory shared with whoever
 * asks.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { parentPort } from 'node:worker_threads'
import { release } from '#lib/release.ts'
import { sumsOf } from './chunk-press.ts'
import { compressNow } from './compress.ts'
import type { PressQuestion, PressAnswer } from './press-threads.ts'

assert(parentPort, 'runs as a thread')
const port = parentPort
port.on('message', (question: PressQuestion) => port.postMessage(press(question)))

function press({ plain, pressed, parts }: PressQuestion): PressAnswer {
  const sums = sumsOf(plain, parts)
  const smaller = compressNow(plain)
  const size = smaller.length < plain.length ? smaller.length : undefined
  if (size !== undefined) pressed.set(smaller)
  release(smaller)
  return { sums, size }
}
