/** One command proposes in words, one enforces, one undoes; too early is refused. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { newKnowledge, see } from '#services/web-gateway/csp/knowledge.ts'
import { decisionsFile, type Decision } from '#services/web-gateway/csp/decisions.ts'

const veilig = fileURLToPath(new URL('../../../bin/veilig', import.meta.url))

test('csp: propose, enforce and undo, a command each; refused before 200 page views', async () => {
  const data = await mkdtemp(join(tmpdir(), 'veilig-csp-'))
  const at = { nowMs: 1, page: '/' }
  const learned = async (views: number): Promise<void> => {
    const knowledge = { ...newKnowledge(0), views }
    see(knowledge.scripts, 'shape-1', { ...at, sample: 'hello("\u001b[2J")' })
    see(knowledge.sources, 'img-src https://pictures.example', at)
    await mkdir(join(data, 'csp'), { recursive: true })
    await writeFile(join(data, 'csp', 'seen-0.json'), JSON.stringify({ application: knowledge }))
  }
  const decided = async (): Promise<Decision | undefined> => {
    const text = await readFile(join(data, 'csp', 'decisions.json'), 'utf8')
    return decisionsFile.parse(JSON.parse(text))['application']
  }
  try {
    await learned(199)
    const early = await run(data, 'enforce')
    assert.equal(early.status, 1)
    assert.match(early.said, /199 of 200 page views: too few/)
    await learned(200)
    const proposal = await run(data, 'propose')
    assert.match(proposal.said, /A policy for application, after 200 of 200 page views/)
    assert.match(proposal.said, /pictures from https:\/\/pictures\.example may load/)
    assert.match(proposal.said, /script-src 'self' 'nonce-'/)
    assert(!proposal.said.includes('\u001b[2J'), 'no script of a page moves the cursor')
    const enforced = await run(data, 'enforce', '--trusted-types')
    assert.equal(enforced.status, 0, enforced.said)
    assert.match(enforced.said, /Enforced for application\. Undo: veilig csp undo/)
    const decision = await decided()
    assert.equal(decision?.state, 'enforced')
    assert.equal(decision?.trustedTypes, true)
    assert.deepEqual(decision?.scripts, ['shape-1'])
    assert.equal((await run(data, 'undo')).status, 0)
    assert.equal((await decided())?.state, 'learning')
  } finally {
    await rm(data, { recursive: true, force: true })
  }
})

type Ended = { readonly status: number; readonly said: string }

function run(data: string, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(veilig, ['csp', ...args, '--data', data], (error, stdout, stderr) => {
      resolve({ status: Number(error?.code ?? 0), said: stdout + stderr })
    })
  })
}
