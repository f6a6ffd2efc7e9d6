/** The lint of a server, against one that is made weak on purpose; for each major version. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { lintServer, type LintAsk, type LintFinding } from '#services/sql-gateway/lint.ts'
import type { PostgresBinaries } from '#system/postgres/binaries.ts'
import { eventually } from './eventually.ts'
import { startPostgres } from './postgres.ts'

const weaknesses = `
  create role admin superuser login; create role blind bypassrls; create role owner login;
  create role copier replication login; create role programs; create role public_face;
  grant pg_execute_server_program to programs;
  set password_encryption = 'md5'; create role old login password 'p';
  grant create on schema public to public;
  create table shown (id int); grant select on shown to public;
  create table mine (id int); alter table mine owner to owner;
  alter table mine enable row level security;
  create function risky() returns int language sql security definer as 'select 1';
  create extension if not exists dblink`

const expected = [
  'role.superuser',
  'role.bypassrls',
  'role.replication',
  'role.md5',
  'role.server-files',
  'hba.weak',
  'hba.clear',
  'schema.create',
  'table.public',
  'table.rls',
  'function.definer',
  'function.superuser',
]

/** @param binaries Of the server; the embedded one when undefined. */
export async function lintSuite(binaries: PostgresBinaries | undefined): Promise<void> {
  const server = await startPostgres({}, binaries)
  after(() => server[Symbol.asyncDispose]())
  const ask: LintAsk = async (database, sql) => {
    const client = new pg.Client({ ...server.connection, database })
    await client.connect()
    try {
      return (await client.query<{ thing: string; a: string }>(sql)).rows
    } finally {
      await client.end()
    }
  }
  const found = (): Promise<readonly LintFinding[]> => lintServer('postgres', ask)

  test(`lint: a new server ${server.major} has little to mend`, async () => {
    assert.deepEqual(
      (await found()).filter(({ severity }) => severity === 'high'),
      [],
    )
  })

  test(`lint: what is weak in a server ${server.major} is found, and its mend mends it`, async () => {
    await server.query(weaknesses.replace(/create extension[^]*$/, 'select'))
    const hba = join(server.place.dataDir, 'pg_hba.conf')
    const before = await readFile(hba, 'utf8')
    await writeFile(hba, `host all blind 192.0.2.0/24 trust\n${before}`)
    const weak = await eventually('the new line', async () => {
      const all = await found()
      return all.some(({ id }) => id === 'hba.weak') ? all : undefined
    })
    const ids = new Set(weak.map(({ id }) => id))
    for (const id of expected) assert(ids.has(id), `${id} is not found`)
    for (const { mend } of weak) {
      if (/^(ALTER|REVOKE)/.test(mend)) await server.query(mend.replace(/;\s*--.*$/, ';'))
    }
    await server.query(`set password_encryption = 'scram-sha-256'; alter role old password 'q'`)
    await writeFile(hba, before)
    const left = (await found()).filter(({ severity }) => severity === 'high')
    assert.deepEqual(left, [])
  })
}
