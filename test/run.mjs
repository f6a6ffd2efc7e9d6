/**
 * `npm test`: the tests that need nothing but npm, in under five minutes on two cores.
 * `npm run test:long`: those that take their time: each claim broken and mended in a running control,
 * and files named `*.long.test.ts`. `npm run test:debian` is for suites that need Debian's packages.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const wanted = process.argv.includes('--long')
const isLong = (path) => path.startsWith('test/e2e/claims/') || path.includes('.long.test.')
/** Those that start a whole ring take longest: begun first, none of them is waited for at the end. */
const isWhole = (path) => path.startsWith('test/e2e/')
const files = ['src', 'test', 'apps/reservations']
  .flatMap((root) => globSync(`${root}/**/*.test.{ts,tsx}`))
  .filter((path) => !path.includes('.debian.test.') && !path.includes('node_modules'))
  .filter((path) => isLong(path) === wanted)
  .sort((a, b) => Number(isWhole(b)) - Number(isWhole(a)) || a.localeCompare(b))
// Much of a test is waiting for a server to start: three files at once keep two cores busy. Those
// that take their time drive whole rings, and two of these are enough.
const options = ['--test', `--test-concurrency=${wanted ? 2 : 3}`]
const { status } = spawnSync('bin/node', [...options, ...files], { stdio: 'inherit' })
process.exitCode = status ?? 1
