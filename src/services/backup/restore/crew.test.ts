/** However many threads write a restore: the same bytes, the same errors, and an end. */
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { BackedUpWorld, beginWorld } from '#kit/backed-up-world.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { openInTime, repositoryInTime, type RepositoryInTime } from '#kit/repository-in-time.ts'
import { openSmall } from '#kit/repository.ts'
import { chainOf } from './choose.ts'
import { writeContents, type Contents } from './crew.ts'
import type { FilePlan } from './data-directory.ts'
import { chainFiles } from './file-plan.ts'
import { packsOf, type PackSource } from './pack-source.ts'

const THREADS = [0, 1, 3]

type Taken = {
  readonly source: PackSource
  readonly files: readonly FilePlan[]
  readonly expected: ReadonlyMap<string, Uint8Array>
}

let folder: string
let taken: Taken

before(async () => {
  folder = await temporaryFolder('crew')
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await beginWorld(repository)
  const world = new BackedUpWorld('crew')
  let newest = await world.take(place, repository, undefined)
  for (let link = 0; link < 4; link++) newest = await world.take(place, repository, newest)
  taken = await chainIn(place, newest, world.states.get(newest) ?? new Map())
})

after(() => rm(folder, { recursive: true, force: true }))

async function chainIn(
  place: RepositoryInTime,
  id: string,
  expected: ReadonlyMap<string, Uint8Array>,
): Promise<Taken> {
  const reader = await openInTime(place)
  const { backups } = reader.chain.state
  const { files } = await chainFiles(
    reader,
    chainOf(
      backups,
      backups.find((one) => one.id === id)!,
    ),
  )
  return { source: packsOf(reader), files, expected }
}

/** A folder to write into, and what to write. */
async function job(name: string, more: Partial<Contents> = {}): Promise<Contents> {
  const into = join(folder, name)
  for (const part of ['base', 'global']) await mkdir(join(into, part), { recursive: true })
  const { source, files } = taken
  const locate = (path: string): string => join(into, path)
  return { source, files, locate, over: false, threads: 0, progress: () => undefined, ...more }
}

async function expectAll({ locate }: Contents): Promise<void> {
  const names = await Promise.all(['base', 'global'].map((part) => readdir(locate(part))))
  assert.equal(names.flat().length, taken.expected.size)
  for (const [path, bytes] of taken.expected) {
    assert((await readFile(locate(path))).equals(bytes), path)
    assert.equal((await stat(locate(path))).mode & 0o777, 0o600)
  }
}

for (const threads of THREADS) {
  test(`crew: ${threads} threads write every file as it was, and say how much`, async () => {
    let told = 0
    const contents = await job(`fresh-${threads}`, {
      threads,
      progress: (bytes) => (told += bytes),
    })
    const written = await writeContents(contents)
    await expectAll(contents)
    const stored = taken.files.flatMap(({ extents }) => extents)
    assert(told <= stored.reduce((sum, { length }) => sum + length, 0))
    assert.equal(written, told)
  })

  test(`crew: ${threads} threads write over what is there only what differs`, async () => {
    const contents = await job(`over-${threads}`, { threads })
    await writeContents(contents)
    const over = { ...contents, over: true }
    assert.equal(await writeContents(over), 0)
    for (const [number, path] of [...taken.expected.keys()].entries()) {
      if (number % 3 === 0) await rm(contents.locate(path))
      else if (number % 3 === 1)
        await writeFile(contents.locate(path), new Uint8Array(3_000_000).fill(9))
    }
    assert((await writeContents(over)) > 0)
    await expectAll(contents)
  })

  test(`crew: ${threads} threads name the pack in which a chunk is damaged`, async () => {
    const damaged: string[] = []
    const read = async (name: string): Promise<Uint8Array> => {
      const bytes = (await taken.source.read(name)).slice()
      if (damaged.length > 0 && damaged[0] !== name) return bytes
      damaged[0] = name
      for (let at = 100; at < bytes.length; at += 4096) bytes[at] = bytes[at]! ^ 1
      return bytes
    }
    const contents = await job(`damaged-${threads}`, { threads, source: { ...taken.source, read } })
    await assert.rejects(writeContents(contents), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'OBJECT_DAMAGED')
      assert.equal(error.name, 'IntegrityError')
      assert.match(error.message, /^OBJECT_DAMAGED: backups\/\S+\/pack-\S+: chunk \d+ is not what/)
      assert(error.message.includes(damaged[0] ?? '?'))
      return true
    })
  })

  test(`crew: ${threads} threads end with what reading, or whoever looks on, throws`, async () => {
    const fault = new Error('the very same')
    const read = (): Promise<Uint8Array> => Promise.reject(fault)
    const unread = await job(`unread-${threads}`, { threads, source: { ...taken.source, read } })
    await assert.rejects(writeContents(unread), (error) => error === fault)
    const progress = (): void => {
      throw fault
    }
    const cut = await job(`cut-${threads}`, { threads, progress })
    await assert.rejects(writeContents(cut), (error) => error === fault)
  })

  test(`crew: ${threads} threads say that the disk refuses`, async () => {
    const contents = await job(`refused-${threads}`, { threads })
    await rm(contents.locate('base'), { recursive: true })
    await writeFile(contents.locate('base'), 'a file where a folder should be')
    await assert.rejects(writeContents(contents), { code: 'RESTORE_WRITE_FAILED' })
  })
}

test('crew: a thread that dies, by itself or of a bug, ends the restore', async () => {
  const program = (text: string): URL => new URL(`data:text/javascript,${text}`)
  const dead = await job('dead', { threads: 2, program: program('process.exit(7)') })
  await assert.rejects(writeContents(dead), { code: 'RESTORE_THREAD_ENDED', message: /status 7/ })
  const broken = await job('broken', {
    threads: 2,
    program: program('throw new TypeError("a bug")'),
  })
  await assert.rejects(writeContents(broken), { name: 'TypeError', message: 'a bug' })
  const full = `throw Object.assign(new Error("of memory"), { code: "ERR_WORKER_OUT_OF_MEMORY" })`
  const hungry = await job('hungry', { threads: 2, program: program(full) })
  await assert.rejects(writeContents(hungry), {
    code: 'RESTORE_THREAD_ENDED',
    message: /of memory/,
  })
})
