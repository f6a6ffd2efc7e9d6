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
