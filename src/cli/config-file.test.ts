/** veilig.yaml: what is wrong is named by line; secrets come by reference; the result is frozen. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { temporaryFolder } from '#kit/postgres.ts'
import { parseConfig, readConfig } from './config-file.ts'

const schema = z.strictObject({
  gateway: z
    .strictObject({
      port: z.int().min(1).max(65535).default(8443),
      password: z.string().optional(),
    })
    .prefault({}),
})

const parse = (text: string, env = {}): unknown => parseConfig(schema, text, 'veilig.yaml', env)

test('config: without a file every default holds, frozen to the bottom', () => {
  const config = readConfig(schema, undefined, {})
  assert.deepEqual(config, { gateway: { port: 8443 } })
  assert.throws(() => ((config.gateway as { port: number }).port = 1), TypeError)
})

test('config: a value out of range is named by line, column and path', () => {
  assert.throws(() => parse('gateway:\n  port: 70000\n'), {
    code: 'CONFIG_INVALID',
    message: /veilig\.yaml:2:9 gateway\.port: .*65535/,
  })
})

test('config: an unknown key and broken YAML are named by line', () => {
  assert.throws(() => parse('gateway:\n  prot: 1\n'), { message: /veilig\.yaml:2:3 .*prot/ })
  assert.throws(() => parse('gateway: [1\n'), { message: /^CONFIG_INVALID: veilig\.yaml:\d+:\d+ / })
})

test('config: secrets come from the environment or a file, and a missing one is said', async () => {
  const folder = await temporaryFolder('config')
  const file = join(folder, 'secret')
  writeFileSync(file, 'from file\n')
  const from = (text: string): unknown =>
    (parse(`gateway:\n  password: ${text}\n`, { PW: 'from env' }) as z.infer<typeof schema>).gateway
      .password
  assert.equal(from('${env:PW}'), 'from env')
  assert.equal(from(`\${file:${file}}`), 'from file')
  assert.throws(() => from('${env:NONE}'), { message: /2:13 the environment has no NONE/ })
  assert.throws(() => from('${file:/none}'), { message: /cannot read the secret file \/none/ })
  await rm(folder, { recursive: true })
})

test('config: a file that is not there is one sentence', () => {
  assert.throws(() => readConfig(schema, '/none.yaml', {}), { code: 'CONFIG_UNREADABLE' })
})
