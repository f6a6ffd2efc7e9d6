/**
 * Every credential that a machine holds: whose it is, how old, and how it is renewed.
 *
 * A secret is written once, when it is made, so the age of its file is its age; copies for the
 * process at the other end are written only when they are another (`supervisor/first-run.ts`).
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
  readonly renewed: Renewed
}

/**
 * How it gets another: by itself while everything runs, by a command, when the ring starts the next
 * time after `access.rotateDays`, or never, because others know us by it.
 */
export type Renewed = 'by itself' | 'backup rotate-key' | 'at the next start' | 'by hand' | 'kept'

/** The first that matches says how. */
const ways: readonly (readonly [RegExp, Renewed])[] = [
  [/\/(database-password|database-url|control-password|smtp-url)$/, 'by itself'],
  [/submission-password$/, 'by itself'],
  [/^mail-gateway\/dkim-/, 'by itself'],
  [/^web-gateway\/acme/, 'by itself'],
  [/^(web|sql|mail)-gateway\/tls\.(pem|key)$/, 'at the next start'],
  [/^(recovery|backup)\/.*\.key$/, 'backup rotate-key'],
  [/^prober\/staff-password$|\/payments-(key|events-secret)$/, 'at the next start'],
  // Others hold what these signed, sealed or were the source of, and could not go on with another.
  [/^(notary|seal|witness|vantage|drill|verifier|ca)\/.*\.key$/, 'kept'],
  [/\/(audit|staff|seal|token|login)\.key$|^application\/session-secret$/, 'kept'],
]
/** What stands beside a secret while it is renewed, or is of no use any more. */
const beside = /\.(next|former|tmp)$/

/** Without the recovery key: it opens old backups, and is renewed by its own command. */
export async function credentialAges({
  paths,
  clock,
}: Pick<Context, 'paths' | 'clock'>): Promise<readonly MachineCredential[]> {
  const folder = join(paths.data, 'secrets')
  const nowMs = clock.nowMs()
  const found: MachineCredential[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/password|secret|-url$|-key$|\.key$|\.pem$/.test(entry.name)) continue
    if (beside.test(entry.name)) continue
    if (entry.name.endsWith('recovery.key')) continue
    const path = join(entry.parentPath, entry.name)
    const { mtimeMs } = await stat(path)
    const name = path.slice(folder.length + 1)
    const renewed = ways.find(([one]) => one.test(name))?.[1] ?? 'by hand'
    found.push({ name, owner: name.split('/')[0] ?? '', ageMs: nowMs - mtimeMs, renewed })
  }
  return found
}
