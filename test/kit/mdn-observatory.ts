/** MDN's own HTTP Observatory, from npm at a pinned version, asked about servers of this machine. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { filledFolder, npmInstall } from './kept-folder.ts'

const PACKAGE = '@mdn/mdn-http-observatory@1.4.8'

export type MdnTarget = {
  readonly httpsPort: number
  readonly httpPort: number
  readonly path: string
}

export type MdnGrade = {
  /** Of its ten tests, in its order. */
  readonly results: readonly string[]
  readonly score: number
  readonly grade: string
}

export type MdnObservatory = AsyncDisposable & {
  grade(target: MdnTarget): Promise<MdnGrade>
}

/** @param ca What it trusts besides the usual authorities: a file, PEM. */
export async function startMdnObservatory(ca: string): Promise<MdnObservatory> {
  const undo = new AsyncDisposableStack()
  const installed = undo.use(
    await filledFolder(PACKAGE, async (folder) => {
      await npmInstall(folder, [PACKAGE])
      // The list of preloaded hosts, which its installation would fetch.
      const conf = join(folder, 'node_modules', '@mdn', 'mdn-http-observatory', 'conf')
      await writeFile(join(conf, 'hsts-preload.json'), '{}')
    }),
  )
  const program = fileURLToPath(new URL('mdn-observatory.mjs', import.meta.url))
  const child = spawn(process.execPath, [program, installed.folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: ca },
  })
  const exited = once(child, 'exit')
  undo.defer(async () => {
    child.stdin.end()
    await exited
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    grade: async (target) => {
      child.stdin.write(`${JSON.stringify(target)}\n`)
      const { value, done } = await lines.next()
      if (done === true) throw new Error('it ended')
      const answer = JSON.parse(String(value)) as MdnGrade & { readonly error?: string }
      if (answer.error !== undefined) throw new Error(answer.error)
      return answer
    },
    [Symbol.asyncDispose]: () => undo.disposeAsync(),
  }
}
