/**
 * Kysely, Drizzle and Prisma see through the gateway what they see directly, each with its own
 * features, on PostgreSQL 15 and 18.
 *
 * They are installed into a folder of the run, at these versions: Prisma's tree alone is larger than
 * everything else here. Its client is generated without an engine to download.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type pg from 'pg'
import { debianPostgres, startPostgres, temporaryFolder } from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'

const run = promisify(execFile)
const TIMEOUT_MS = 300_000
const packages: Readonly<Record<string, string>> = {
  '@prisma/adapter-pg': '7.10.1',
  '@prisma/client': '7.10.0',
  'drizzle-orm': '0.45.4',
  kysely: '0.29.9',
  pg: '8.23.1',
  'pg-cursor': '2.22.0',
  postgres: '3.4.9',
  prisma: '7.10.1',
}
/** What each says that only it would say: proof that it was recorded. */
const programs = [
  { name: 'kysely', said: 'select "clubs"."name"', scenesMin: 15 },
  { name: 'drizzle', said: 'select "id", "name", "settings", "since" from "clubs"', scenesMin: 20 },
  { name: 'prisma', said: 'SELECT "public"."clubs"."id"', scenesMin: 15 },
] as const

const debian = debianPostgres()
assert(debian, 'these suites need the package postgresql-15')
const folder = await temporaryFolder('orms')
after(() => rm(folder, { recursive: true, force: true }))

before(async () => {
  await cp(fileURLToPath(new URL('drivers/orms', import.meta.url)), folder, { recursive: true })
  const manifest = { private: true, type: 'module', dependencies: packages }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund']
  await run('npm', ['install', ...quiet], { cwd: folder, timeout: TIMEOUT_MS })
  const unused = process.execPath // an engine it would fetch, for commands that we do not use
  const silent = { CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' }
  const env = { ...process.env, ...silent, PRISMA_SCHEMA_ENGINE_BINARY: unused }
  const prisma = join(folder, 'node_modules/prisma/build/index.js')
  const args = [prisma, 'generate', '--schema', 'schema.prisma']
  await run(process.execPath, args, { cwd: folder, env, timeout: TIMEOUT_MS })
})

for (const binaries of [debian, undefined]) {
  describe(`object mappers, server ${binaries?.major ?? 18}`, async () => {
    const server = await startPostgres({}, binaries)
    const gateway = await startSqlGateway(server)
    after(async () => {
      await gateway[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    })
    const direct = server.connection
    const through = { ...direct, host: 'localhost', port: gateway.port }

    for (const { name, said, scenesMin } of programs) {
      test(`${name}: the same results, errors and rows`, async () => {
        const wanted = await seenBy(name, direct)
        assert(wanted.length >= scenesMin, 'enough was tried to prove something')
        const failed = wanted.filter(([, outcome]) => outcome === 'error')
        assert(failed.length < wanted.length / 2, JSON.stringify(failed))
        assert.deepEqual(await seenBy(name, { ...through, ssl: { ca: gatewayAuthority } }), wanted)
        const recorded = gateway.trail.of('DB_STATEMENT').map(({ sql }) => String(sql))
        assert(recorded.some((sql) => sql.includes(said)))
      })
    }
  })
}

type Scene = readonly [name: string, outcome: unknown, code?: string]

async function seenBy(name: string, connection: pg.ClientConfig): Promise<readonly Scene[]> {
  const env = { PATH: process.env['PATH'], CONNECTION: JSON.stringify(connection) }
  const options = { cwd: folder, env, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 }
  const { stdout } = await run(process.execPath, [`${name}-scenes.mjs`], options)
  return JSON.parse(stdout) as Scene[]
}
