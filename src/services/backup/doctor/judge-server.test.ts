/** Every lack of a server is named, with a mend, before a backup meets it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeServer, type Wanted } from './judge-server.ts'
import type { ServerFacts, SqlFacts } from './server-facts.ts'

const wanted: Wanted = {
  slot: 'veilig',
  applicationName: 'veilig_backup',
  synchronous: false,
  fullEveryMinutes: 240,
}

const fit: Readonly<Record<string, string>> = {
  archive_mode: 'off',
  data_checksums: 'on',
  fsync: 'on',
  full_page_writes: 'on',
  idle_replication_slot_timeout: '0',
  max_replication_slots: '10',
  max_slot_wal_keep_size: '4096',
  max_wal_senders: '10',
  summarize_wal: 'on',
  synchronous_standby_names: '',
  wal_level: 'replica',
  wal_summary_keep_time: '14400',
}

/** Ids of what is not good, with their states. */
function faults(
  settings: Readonly<Record<string, string>>,
  sql: Partial<SqlFacts> = {},
  server: Partial<ServerFacts> = {},
): string[] {
  const facts: ServerFacts = {
    host: '/run/postgresql',
    encrypted: true,
    replicationRefused: undefined,
    sql: {
      version: '18.6',
      settings: new Map(Object.entries({ ...fit, ...settings })),
      role: { name: 'veilig_backup', replication: true, superuser: false },
      providerRoles: [],
      sendersUsed: 0,
      slots: [],
      recovering: false,
      databaseBytes: 1,
      skewMs: 0,
      archiveFails: false,
      readingLacks: undefined,
      ...sql,
    },
    ...server,
  }
  return judgeServer(facts, wanted)
    .filter(({ state }) => state !== 'good')
    .map(({ id, state, sentence, mend }) => {
      assert(sentence.length > 10 && (mend?.length ?? 0) > 10)
      return `${state} ${id}`
    })
}

test('a fit server lacks nothing', () => assert.deepEqual(faults({}), []))

const cases: readonly (readonly [string, readonly string[]])[] = [
  ['a log that leaves out what a restore needs', faults({ wal_level: 'minimal' })],
  ['no free sender', faults({ max_wal_senders: '3' }, { sendersUsed: 2 })],
  ['no free slot', faults({ max_replication_slots: '0' })],
  [
    'no right to replicate',
    faults({}, { role: { name: 'a', replication: false, superuser: false } }),
  ],
  ['full pages that are not written', faults({ full_page_writes: 'off' })],
  ['PostgreSQL 14', faults({}, { version: '14.19' })],
]
const ids = ['wal-level', 'senders', 'slots', 'role', 'full-page-writes', 'version']

for (const [at, [what, found]] of cases.entries()) {
  test(`missing: ${what}`, () => {
    const expected = `missing server.${ids[at]}`
    assert(found.includes(expected), `${found.join()} lacks ${expected}`)
  })
}

test('what makes a backup worth less is weak', () => {
  const lost = [{ name: 'veilig', walStatus: 'lost' }]
  const role = { name: 'postgres', replication: true, superuser: true }
  const table: readonly (readonly [string[], string])[] = [
    [faults({ max_slot_wal_keep_size: '-1' }), 'slot-cap'],
    [faults({ idle_replication_slot_timeout: '3600' }), 'slot-timeout'],
    [faults({ summarize_wal: 'off' }), 'summaries'],
    [faults({ wal_summary_keep_time: '300' }), 'summaries'],
    [faults({}, { version: '15.20', readingLacks: 'pg_ls_dir' }), 'summaries'],
    [faults({ data_checksums: 'off' }), 'checksums'],
    [faults({ archive_mode: 'on' }, { archiveFails: true }), 'archiver'],
    [faults({ synchronous_standby_names: 'ANY 1 (a, veilig_backup)' }), 'synchronous'],
    [faults({}, { skewMs: -5000 }), 'clock'],
    [faults({}, { recovering: true }), 'standby'],
    [faults({}, { slots: lost }), 'slots'],
    [faults({}, { role }), 'role'],
    [faults({}, { version: '18.5 (Debian 18.5-1)' }), 'flaw.visibility-map'],
    [faults({}, {}, { host: 'db.example.org', encrypted: false }), 'wire'],
  ]
  for (const [found, id] of table) assert.deepEqual(found, [`weak server.${id}`])
})

test('of PostgreSQL 15 and 16 the log is summed up by us, where the role may read', () => {
  assert.deepEqual(faults({}, { version: '15.20' }), [])
  assert.deepEqual(faults({}, { version: '16.4' }), [])
})

test('a synchronous name that only looks like ours is not ours', () => {
  assert.deepEqual(faults({ synchronous_standby_names: 'veilig_backup2' }), [])
})

test('flaws are told by the minor version, each until it is mended', () => {
  assert.deepEqual(faults({}, { version: '17.5' }), [
    'weak server.flaw.visibility-map',
    'weak server.flaw.truncation',
    'weak server.flaw.early-removal',
  ])
  assert.deepEqual(faults({}, { version: '17.11' }), [])
})

test('a provider that gives nobody physical replication is named', () => {
  const refused = { code: 'DATABASE_NOT_REPLICATION', message: 'DATABASE_NOT_REPLICATION: no' }
  const hosts = ['club.abc.eu-west-3.rds.amazonaws.com', 'club.postgres.database.azure.com']
  for (const host of hosts) {
    const facts = { host, encrypted: true, replicationRefused: refused, sql: 'refused' }
    const [first] = judgeServer(facts, wanted)
    assert.match(`${first?.state} ${first?.sentence}`, /^missing (Amazon RDS|Azure Database) gives/)
  }
  const found = faults(
    {},
    { providerRoles: ['cloudsqlsuperuser'] },
    { replicationRefused: refused },
  )
  assert.deepEqual(found, ['missing server.replication'])
})
