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
import { broughtAges } from './brought.ts'
import type { Context } from './context.ts'

export type MachineCredential = {
  /** As its file is called below `secrets/`: the process that owns it, and which. */
  readonly name: string
  /** The process that alone may read it. */
  readonly owner: string
  readonly ageMs: number
  readonly renewed: Renewed
  /** Of one that is kept: why another one would do harm. */
  readonly why?: string | undefined
}

/**
 * How it gets another: by itself while everything runs, by a command, when the ring starts the next
 * time after `access.rotateDays`, or never, because others know us by it.
 */
export type Renewed =
  'by itself' | 'backup rotate-key' | 'rotate region' | 'at the next start' | 'by hand' | 'kept'

/** The first that matches says how; of what is kept, why. */
const ways: readonly (readonly [RegExp, Renewed, string?])[] = [
  [/\/(database-password|database-url|control-password|smtp-url)$/, 'by itself'],
  [/submission-password$|^prober\/staff-password$/, 'by itself'],
  [/^console\/session\.key$|^web-gateway\/device\.key$/, 'by itself'],
  [/^mail-gateway\/dkim-/, 'by itself'],
  [/^web-gateway\/acme/, 'by itself'],
  [/^(web|sql|mail)-gateway\/tls\.(pem|key)$/, 'by itself'],
  [/\/audit\.key$/, 'at the next start'],
  [/^(recovery|backup)\/.*\.key$/, 'backup rotate-key'],
  [/\/payments-(key|events-secret)$/, 'at the next start'],
  [/^(notary\/evidence|drill\/receipt|seal\/seal)\.key$/, 'by itself'],
  [/^(witness|vantage)\/.*\.key$/, 'kept', 'others were given it by hand'],
  [/^verifier\/verifier\.key$/, 'kept', 'opens the sums of backups that exist'],
  [/^ca\/ca\.key$/, 'kept', 'browsers were told to trust it'],
  [/\/(names|login)\.key$/, 'kept', 'hides names in the record; it opens nothing'],
  [/^payments\/seal\.key$/, 'kept', 'opens the keys that clubs handed in'],
  [/^mail-gateway\/token\.key$/, 'kept', 'links to unsubscribe stand in mails that were sent'],
  [/^status\/subscriptions\.key$/, 'kept', 'links to unsubscribe stand in mails that were sent'],
  [/^prober\/customers\.key$/, 'kept', 'customers have their private links by it'],
  [/^application\/session-secret$/, 'kept', 'codes of doors that members have come from it'],
]
/** Read anew before each use, so it can be tried and changed over. */
const regionKey = /^backup\.regions\..*\.(keyFile|credentialsFile)$/
/** What stands beside a secret while it is renewed, or is of no use any more. */
const beside = /\.(next|former|tmp)$/

/**
 * What the ring made, and what the operator brought. Without the recovery key: it opens old
 * backups, and is renewed by its own command.
 */
export async function credentialAges(
  context: Pick<Context, 'paths' | 'clock' | 'config'>,
): Promise<readonly MachineCredential[]> {
  const { paths, clock } = context
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
    const [, renewed = 'by hand', why] = ways.find(([one]) => one.test(name)) ?? []
    found.push({ name, owner: name.split('/')[0] ?? '', ageMs: nowMs - mtimeMs, renewed, why })
  }
  const brought = (await broughtAges(context)).map((one): MachineCredential => {
    return { ...one, renewed: regionKey.test(one.name) ? 'rotate region' : 'by hand' }
  })
  return [...found, ...brought]
}
