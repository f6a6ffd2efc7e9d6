/**
 * `npm test`: every test that needs nothing but npm. The suites that need Debian's packages are named
 * `*.debian.test.ts` and run by `npm run test:debian`.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const files = ['src', 'test', 'apps/reservations']
  .flatMap((root) => globSync(`${root}/**/*.test.{ts,tsx}`))
  .filter((path) => !path.includes('.debian.test.') && !path.includes('node_modules'))
  .sort((a, b) => a.localeCompare(b))
// Much of a test is waiting for a server to start: two files at once suit two cores.
const options = ['--test', '--test-concurrency=2', ...process.argv.slice(2)]
const { status } = spawnSync('bin/node', [...options, ...files], { stdio: 'inherit' })
process.exitCode = status ?? 1
