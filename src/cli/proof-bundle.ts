/**
 * The proof of a breach for an authority: a folder that can be checked without us.
 *
 * It holds what the register has, every notice, the statements of the account, the audit books, and
 * the signed evidence. `sha256sum -c SHA256SUMS`, `veilig audit verify --data FOLDER` and
 * `veilig trust verify FOLDER/evidence.bundle` need neither the ring nor a network.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { cp, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { UsageError } from '#lib/errors.ts'

export type BundleParts = {
  /** Name in the folder and its text. */
  readonly files: readonly (readonly [name: string, text: string])[]
  /** The audit folder, whose books are copied whole. */
  readonly audit: string
  readonly processes: readonly string[]
}

/** @throws {UsageError} BUNDLE_EXISTS: a proof is never written over. */
export async function writeProofBundle(folder: string, parts: BundleParts): Promise<string[]> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (made === undefined && (await readdir(folder)).length > 0)
    throw new UsageError('BUNDLE_EXISTS', `${folder} is not empty; choose another folder`)
  for (const [name, text] of parts.files) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), text, { mode: 0o600, flag: 'wx' })
  }
  for (const process of parts.processes) {
    const book = join(parts.audit, process)
    if (await stat(book).catch(() => undefined))
      await cp(book, join(folder, 'audit', process), { recursive: true })
  }
  const names = await filesIn(folder)
  const lines: string[] = []
  for (const name of names) lines.push(`${await digestOf(join(folder, name))}  ${name}\n`)
  await writeFile(join(folder, 'SHA256SUMS'), lines.join(''), { mode: 0o600, flag: 'wx' })
  return [...names, 'SHA256SUMS']
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted()
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
