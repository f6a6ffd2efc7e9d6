/**
 * The threads that write a restore's files, each a portion of its own.
 *
 * This thread reads and authenticates packs and answers for keys; opening chunks and writing them,
 * nearly all the work, is theirs. The first failure, a thread that dies, or whoever is told of the
 * progress and throws, ends them all, and only then is anybody told. What is small is written here.
 *
 * @module
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { FaultError } from '#lib/errors.ts'
import { packName } from '../repository/names.ts'
import type { FilePlan } from './data-directory.ts'
import { heldMaxOf } from './opened-pieces.ts'
import { OutputFiles, writing } from './output-files.ts'
import type { PackSource } from './pack-source.ts'
import { writePortion } from './portion-writer.ts'
import { portionsOf, storedBytes } from './portions.ts'
import {
  receiveFault,
  sendFiles,
  type Answer,
  type Assignment,
  type FromThread,
  type Question,
} from './thread-messages.ts'

/** Less than this is written before a thread has begun. */
const THREADS_FROM_BYTES = 64 * 1024 * 1024
/** Of V8's memory for what is new: it would take six times as much before it looks. */
const YOUNG_MIB = 8
/** More would wait for the disk, and for each other's memory. */
const THREADS_MAX = 4

export type Contents = {
  readonly source: PackSource
  readonly files: readonly FilePlan[]
  readonly locate: (path: string) => string
  /** Whether files may be there already: only what differs is then written. */
  readonly over: boolean
  /** How many threads write; 0: this one alone. */
  readonly threads: number
  readonly progress: (bytes: number) => void
  /** What a thread runs. */
  readonly program?: URL
}

const PROGRAM = new URL('./thread.ts', import.meta.url)

/**
 * How many threads suit what is to be written.
 *
 * @param max Default: one for each processor.
 */
export function threadsFor(files: readonly FilePlan[], max?: number): number {
  const bytes = files.reduce((sum, file) => sum + storedBytes(file), 0)
  if (bytes < THREADS_FROM_BYTES) return 0
  return max ?? Math.min(THREADS_MAX, availableParallelism())
}

/**
 * @returns Bytes that were not there already; all of them are on disk.
 * @throws As the source, `sealedChunks` and `progress`.
 * @throws {FaultError} RESTORE_WRITE_FAILED, RESTORE_THREAD_ENDED.
 */
export async function writeContents(contents: Contents): Promise<number> {
  const { files, locate, over, threads } = contents
  if (threads === 0) return writePortion({ ...contents, held: heldMaxOf(1) })
  const portions = portionsOf(files, threads)
  const cut = new Set(portions.flatMap((portion) => portion.filter(isShared)).map(pathOf))
  const output = new OutputFiles(locate, over)
  return writing(async () => {
    try {
      const shared = files.filter(({ path }) => cut.has(path))
      for (const file of shared) output.prepare(file)
      const writtenBytes = await writeByThreads(contents, portions)
      for (const file of shared) output.complete(file)
      await output.settle()
      return writtenBytes + output.writtenBytes
    } finally {
      await output.abandon()
    }
  })
}

function isShared({ shared }: FilePlan): boolean {
  return shared === true
}

function pathOf({ path }: FilePlan): string {
  return path
}

async function writeByThreads(
  contents: Contents,
  portions: readonly (readonly FilePlan[])[],
): Promise<number> {
  const workers = portions.map((files) => {
    const workerData = assignmentOf(contents, files, portions.length)
    return new Worker(contents.program ?? PROGRAM, {
      workerData,
      transferList: [workerData.files.extents.buffer],
      execArgv: [], // what the command line loads for whole processes would be loaded again
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    })
  })
  try {
    const written = await Promise.all(workers.map((worker) => attend(worker, contents)))
    return written.reduce((sum, bytes) => sum + bytes, 0)
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function assignmentOf(
  { source, locate, over }: Contents,
  files: readonly FilePlan[],
  hands: number,
): Assignment {
  const packSizes = new Map<string, number>()
  for (const { extents } of files) {
    for (const { backupId, pack } of extents) {
      const name = packName(backupId, pack)
      if (!packSizes.has(name)) packSizes.set(name, source.packSize(name))
    }
  }
  const { repositoryId } = source
  return { repositoryId, over, held: heldMaxOf(hands), packSizes, files: sendFiles(files, locate) }
}

/** Resolves when the thread has done its portion. */
function attend(worker: Worker, { source, progress }: Contents): Promise<number> {
  return new Promise((resolve, reject) => {
    const hear = async (words: FromThread): Promise<void> => {
      if (words.say === 'progress') progress(words.bytes)
      else if (words.say === 'done') resolve(words.writtenBytes)
      else if (words.say === 'failed') reject(receiveFault(words.fault))
      else await answer(worker, source, words)
    }
    worker.on('message', (words: FromThread) => void hear(words).catch(reject))
    worker.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? ended(error.message) : error)
    })
    worker.on('exit', (status) => reject(ended(`it ended by itself, status ${status}`)))
  })
}

async function answer(worker: Worker, source: PackSource, question: Question): Promise<void> {
  const { number } = question
  const say = (words: Answer, given: ArrayBuffer[]): void => worker.postMessage(words, given)
  if (question.say === 'key') {
    return say({ number, value: await source.dataKeys(question.keyId) }, [])
  }
  const value = await source.read(question.name)
  const { buffer } = value
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === value.length
  say({ number, value }, isWhole ? [buffer] : [])
}

function ended(why: string): FaultError {
  const message = `a thread that wrote files ended: ${why}; empty the folder and run it again`
  return new FaultError('RESTORE_THREAD_ENDED', message)
}
