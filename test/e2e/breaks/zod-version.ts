/** The version of a package that the ring's own lock file names. */
import { readFileSync } from 'node:fs'

type Lock = { packages: Record<string, { version: string }> }

const file = new URL('../../../package-lock.json', import.meta.url)

export const zodVersion: string =
  (JSON.parse(readFileSync(file, 'utf8')) as Lock).packages['node_modules/zod']?.version ?? ''
