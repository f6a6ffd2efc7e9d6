/**
 * Every credential that a machine holds: whose it is, how old, and how it is renewed.
 *
 * A secret is written once, when it is made, so the age of its file is its age.
 *
 * @module
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from './context.ts'

export type MachineCredential = {
  /** As its file is called below `secrets/`: the process that owns it, and which. */
  readonly name: string
  /** The process that alone may read it. */
  readonly owner: string
  readonly ageMs: number
  /** How it gets another: by a command without interruption, by itself, or by the operator. */
  readonly renewed: 'veilig rotate' | 'backup rotate-key' | 'by itself' | 'at the next set-up'
}

/** The first that matches says how. */
const ways: readonly (readonly [RegExp, MachineCredential['renewed']])[] = [
  [/^application(-b)?\/database-(password|url)$/, 'veilig rotate'],
  [/^(recovery|backup)\/.*\.key$/, 'backup rotate-key'],
  [/^web-gateway\/.*(\.pem|acme\.key)$/, 'by itself'],
]

/** Without the recovery key: it opens old backups, and is renewed by its own command. */
export async function credentialAges({
  paths,
  clock,
}: Pick<Context, 'paths' | 'clock'>): Promise<readonly MachineCredential[]> {
  const folder = join(paths.data, 'secrets')
  const nowMs = clock.nowMs()
  const found: MachineCredential[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/password|secret|\.key$|\.pem$/.test(entry.name)) continue
    if (entry.name.endsWith('recovery.key')) continue
    const path = join(entry.parentPath, entry.name)
    const { mtimeMs } = await stat(path)
    const name = path.slice(folder.length + 1)
    const renewed = ways.find(([one]) => one.test(name))?.[1] ?? 'at the next set-up'
    found.push({ name, owner: name.split('/')[0] ?? '', ageMs: nowMs - mtimeMs, renewed })
  }
  return found
}
