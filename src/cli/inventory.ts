/**
 * What runs here, by name and version, beside what is known of vulnerabilities.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serverFlaws } from '#services/backup/doctor/flaws.ts'
import type { Patched } from '#services/prober/probes/updates-patched.ts'
import type { UpdatesConfig } from '#services/updates/config.ts'
import { tracker, trackedIn } from '#services/updates/debian-tracker.ts'
import { debianComponents, npmComponents } from '#services/updates/inventory.ts'
import { advisories, vulnerable, type Component } from '#services/updates/osv.ts'
import { readKnown } from '#services/updates/sources.ts'
import { systemDisk } from '#system/disk.ts'
import type { Context } from './context.ts'

const DAY_MS = 86_400_000
const root = fileURLToPath(new URL('../../', import.meta.url))

/** Lock files of npm that are looked at: the ring's own, and those of the configuration. */
export function locksOf({ config }: Pick<Context, 'config'>): readonly string[] {
  return [join(root, 'package-lock.json'), ...config.updates.lockFiles]
}

/** @param postgres `server_version` of the protected database; undefined when it is away. */
export async function componentsOf(
  context: Pick<Context, 'config'>,
  postgres: string | undefined,
): Promise<readonly Component[]> {
  const { node, openssl } = process.versions
  const own = (name: string, version: string): Component => ({
    ecosystem: 'Bitnami',
    name,
    version,
  })
  return [
    ...(postgres === undefined ? [] : [own('postgresql', postgres.split(' ')[0] ?? '')]),
    own('node', node),
    // `3.5.4+quic`: what stands after the plus is no version.
    own('openssl', openssl.replace(/\+.*$/, '')),
    ...(await Promise.all(locksOf(context).map(npmComponents))).flat(),
    ...(await debianHere(context.config.updates)),
  ]
}

async function debianHere({ dpkgStatus }: UpdatesConfig): Promise<readonly Component[]> {
  const release = await osRelease()
  const status = await readFile(dpkgStatus, 'utf8').catch(() => undefined)
  if (status === undefined || release['ID'] !== 'debian') return []
  return debianComponents(status, release['VERSION_ID'] ?? '')
}

async function osRelease(): Promise<Partial<Record<string, string>>> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const lines = text.matchAll(/^(\w+)="?([^"\n]*)"?$/gm)
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]))
}

/** What is open, and how long there is for it. @throws {FaultError} ADVISORIES_UNREADABLE. */
export async function patchesOf(
  context: Pick<Context, 'config' | 'clock' | 'paths'>,
  place: string,
  postgres: string | undefined,
): Promise<Patched> {
  const { updates } = context.config
  const nowMs = context.clock.nowMs()
  const kept = (name: string): string => join(context.paths.data, 'updates', name)
  const components = await componentsOf(context, postgres)
  const osv = await readKnown(place, kept('advisories.json'), nowMs)
  const known = advisories.parse(osv.content)
  const debian = await debianOpen(context, components, kept)
  const open = [...vulnerable(components, known), ...debian.open].map((one) => {
    const { component, id, severity, publishedMs } = one
    const mendable = !('mendable' in one) || one.mendable
    const daysLeft = Math.floor(updates.days[severity] - (nowMs - publishedMs) / DAY_MS)
    const name = `${component.name} ${component.version}`
    return { component: name, id, severity, daysLeft: mendable ? daysLeft : Infinity }
  })
  return {
    components: components.length,
    advisories: known.length + debian.entries,
    ageDays: Math.floor((nowMs - Math.min(osv.atMs, debian.atMs)) / DAY_MS),
    ageDaysMax: updates.advisoriesDaysMax,
    open,
    flaws: serverFlaws(postgres ?? '').map(({ id, fixedIn }) => ({ id, fixedIn })),
  }
}

type DebianOpen = {
  readonly open: ReturnType<typeof trackedIn>
  readonly entries: number
  readonly atMs: number
}

/** The tracker tells no dates: what it names is remembered from when it was first seen. */
async function debianOpen(
  { config, clock }: Pick<Context, 'config' | 'clock'>,
  components: readonly Component[],
  kept: (name: string) => string,
): Promise<DebianOpen> {
  const place = config.updates.debianTracker
  const release = (await osRelease())['VERSION_CODENAME']
  if (place === undefined || release === undefined) return { open: [], entries: 0, atMs: Infinity }
  const nowMs = clock.nowMs()
  const { content, atMs } = await readKnown(place, kept('debian.json'), nowMs)
  const known = tracker.parse(content)
  const file = kept('first-seen.json')
  const before = await readFile(file, 'utf8').catch(() => '{}')
  const seen = new Map(Object.entries(JSON.parse(before) as Record<string, number>))
  const open = trackedIn(components, known, release, (id) => seen.get(id) ?? nowMs)
  const now = Object.fromEntries(open.map(({ id, publishedMs }) => [id, publishedMs]))
  await systemDisk.replace(file, Buffer.from(JSON.stringify(now)))
  const entries = Object.values(known).reduce((sum, one) => sum + Object.keys(one).length, 0)
  return { open, entries, atMs }
}
