/**
 * `npm test`: every test that needs nothing but npm. The suites that need Debian's packages are named
 * `*.debian.test.ts` and run by `npm run test:debian`.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const roots = ['src', 'test', 'apps/reservations']
const files = roots
  .flatMap((root) => globSync(`${root}/**/*.test.{ts,tsx}`))
  .filter((path) => !path.includes('.debian.test.') && !path.includes('node_modules'))
const { status } = spawnSync(
  'bin/node',
  ['--test', ...process.argv.slice(2), ...files.sort((a, b) => a.localeCompare(b))],
  {
    stdio: 'inherit',
  },
)
process.exitCode = status ?? 1
