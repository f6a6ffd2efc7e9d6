/**
 * What runs here, by name and version.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Component } from './osv.ts'

type Lock = {
  packages: Record<
    string,
    { version?: string | undefined; link?: boolean | undefined; dev?: boolean | undefined }
  >
}
const lockFile: z.ZodType<Lock> = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      link: z.boolean().optional(),
      dev: z.boolean().optional(),
    }),
  ),
})

/**
 * Packages of Debian as its advisories name them: by source package, of those that are installed.
 *
 * @param status The text of `/var/lib/dpkg/status`.
 * @param release Of `VERSION_ID` in `/etc/os-release`, for example `12`.
 */
export function debianComponents(status: string, release: string): readonly Component[] {
  const found = new Map<string, Component>()
  for (const paragraph of status.split(/\n{2,}/)) {
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}: (.+)$`, 'm').exec(paragraph)?.[1]?.trim()
    const [installed, own] = [field('Version'), field('Package')]
    if (installed === undefined || own === undefined) continue
    if (!/^(install|hold) ok installed$/.test(field('Status') ?? '')) continue
    // `Source: glibc (2.36-9)`: the version in brackets only when it is another.
    const [, source = own, other] = /^(\S+)(?: \((.+)\))?$/.exec(field('Source') ?? '') ?? []
    const version = other ?? installed
    found.set(`${source} ${version}`, { ecosystem: `Debian:${release}`, name: source, version })
  }
  return [...found.values()]
}

/** Packages of npm that a lock file names, without those only developers use. */
export async function npmComponents(path: string): Promise<readonly Component[]> {
  const { packages } = lockFile.parse(JSON.parse(await readFile(path, 'utf8')))
  return Object.entries(packages).flatMap(([at, { version, link, dev }]) => {
    const name = at.split('node_modules/').at(-1) ?? ''
    if (at === '' || !at.includes('node_modules/') || link || dev || version === undefined)
      return []
    return [{ ecosystem: 'npm', name, version }]
  })
}
