/**
 * `npm run bench [-- NAME …]`: runs the benchmarks, each in a process of its own, JSON lines out.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const known = globSync(`${folder}*.ts`)
  .map((path) => basename(path, '.ts'))
  .filter((name) => name !== 'main')
  .sort()
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`no benchmark '${unknown.join("', '")}'; there are: ${known.join(', ')}\n`)
  process.exit(2)
}
for (const name of wanted.length > 0 ? wanted : known) {
  process.stderr.write(`bench ${name} …\n`)
  const program = [...process.execArgv, `${folder}${name}.ts`]
  const { status } = spawnSync(process.execPath, program, { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
