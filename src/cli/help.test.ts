/** Help names every command; a typing error gets a guess; completion is a script bash accepts. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { aloneCommands, loadAlone } from './commands/alone.ts'
import { chapters, commands } from './commands/table.ts'
import { overview, similar } from './help.ts'

const veilig = fileURLToPath(new URL('../../bin/veilig', import.meta.url))

test('help: the overview names every command that has a summary', () => {
  const text = overview(chapters)
  for (const { name, summary } of commands) if (summary) assert(text.includes(`  ${name} `), name)
})

test('help: a command loaded alone is the one of the table, and hides no longer name', async () => {
  for (const [name, load] of aloneCommands) {
    const words = name.split(' ')
    assert.equal(await loadAlone([...words, '--json']), await load())
    const same = commands.filter(
      (command) => command.name === name || command.name.startsWith(`${name} `),
    )
    assert.deepEqual(same, [await load()])
  }
})

test('help: a slip of the finger is understood', () => {
  assert.match(similar('pu', commands), /did you mean 'up'/)
  assert.match(similar('something-else', commands), /veilig help/)
  const begun = similar('csp', commands)
  assert.equal(begun, "; there are 'csp show', 'csp propose', 'csp enforce', 'csp undo'")
})

test('help: completion in bash offers the commands and their options', () => {
  const script = execFileSync(veilig, ['completion', 'bash'], { encoding: 'utf8' })
  const ask = (words: string[]): string => {
    const program = `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _veilig
      printf '%s\\n' "\${COMPREPLY[@]}"`
    return execFileSync('bash', ['-c', program, 'bash', ...words], { encoding: 'utf8' })
  }
  assert.match(ask(['veilig', 'u']), /^up$/m)
  assert.match(ask(['veilig', 'up', '--port']), /^--port-base$/m)
})

test('help: wrong usage is exit status 2 and one line', () => {
  const run = (...args: string[]): { status: number; stderr: string } => {
    try {
      execFileSync(veilig, args, { encoding: 'utf8', stdio: 'pipe' })
      return { status: 0, stderr: '' }
    } catch (error) {
      return error as { status: number; stderr: string }
    }
  }
  const unknown = run('upp')
  assert.equal(unknown.status, 2)
  assert.match(unknown.stderr, /^veilig: COMMAND_UNKNOWN: .*did you mean 'up'\?\n$/)
  assert.equal(run('up', '--port-base', 'x').status, 2)
  assert.equal(run('up', '--bogus').status, 2)
})

test('help: whoever reads no further ends it without a word', () => {
  const script = '"$0" help | true; printf %s "${PIPESTATUS[0]}"'
  const { stdout, stderr } = spawnSync('bash', ['-c', script, veilig], { encoding: 'utf8' })
  assert.deepEqual({ stdout, stderr }, { stdout: '141', stderr: '' })
})
