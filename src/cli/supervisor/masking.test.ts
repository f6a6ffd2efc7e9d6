/** Sensitive columns: masked for who looks, out of reach of whatever somebody writes. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { accessConfig } from '#services/access/config.ts'
import { createGrant } from '#services/access/roles.ts'
import { openPool } from '#system/postgres/pool.ts'
import { installMasking } from './masking.ts'

let server: TestPostgres
let admin: pg.Client
let person: pg.Client
let writer: pg.Client
const { masking } = accessConfig.parse({})

const tables = `
  create schema club;
  create table club.member (id int primary key, club text, name text, email text, born_on date,
    phone varchar(20), password_hash text, visits int default 0);
  insert into club.member values
    (1, 'a', 'Lotte', 'lotte@club.example', '1990-07-14', '+32 1', 'argon', 3),
    (2, 'b', 'Jonas', 'jonas@club.example', '1985-02-01', null, 'argon', 4);
  alter table club.member enable row level security;
  alter table club.member force row level security;
  create policy one on club.member using (club = current_setting('app.club', true));
  create table club.court (id int, name text)`

before(async () => {
  server = await startPostgres()
  await server.query(`create role veilig_access login createrole noinherit password 'access'`)
  for (const group of ['veilig_read', 'veilig_write', 'veilig_mask'])
    await server.query(`create role ${group} nologin`)
  await server.query('grant veilig_read to veilig_write with inherit true, set false')
  await server.query(tables)
  admin = await connect('postgres', '')
  await installMasking(admin, masking, 'veilig_access')
  person = await granted('jit_reader', 'veilig_read', 'veilig_masked')
  writer = await granted('jit_writer', 'veilig_write', undefined)
})
after(async () => {
  for (const client of [person, writer, admin]) await client.end()
  await server[Symbol.asyncDispose]()
})

async function connect(user: string, password: string): Promise<pg.Client> {
  const login = user === 'postgres' ? {} : { user, password }
  const client = new pg.Client({ ...server.connection, ...login })
  await client.connect()
  return client
}

async function granted(name: string, group: string, schema: string | undefined) {
  const pool = openPool({ ...server.connection, max: 1 })
  const rest = { readOnly: schema !== undefined, connectionsMax: 2, maskedSchema: schema }
  const untilMs = Date.now() + 3_600_000
  const salt = randomBytes(16)
  await createGrant(pool, { name, group, password: 'once', untilMs, salt, ...rest })
  await pool.end()
  const client = await connect(name, 'once')
  await client.query(`set app.club = 'a'`)
  return client
}

test('masking: select * goes on, with what is sensitive masked, under row security', async () => {
  const { rows } = await person.query('select * from member')
  assert.deepEqual(rows, [
    {
      id: 1,
      club: 'a',
      name: 'Lotte',
      email: 'l•••',
      born_on: new Date(1990, 0, 1),
      phone: '+•••',
      password_hash: null,
      visits: 3,
    },
  ])
  assert.equal((await person.query('select name from club.court')).rowCount, 0)
})

const attempts: readonly string[] = [
  'select email from club.member',
  'select * from club.member',
  `select email || '' from club.member`,
  'select upper(email::text), md5(password_hash) from club.member',
  'select (m).email from club.member m',
  'select m from club.member m',
  'select to_jsonb(m) from club.member m',
  `select id from club.member where email like 'l%'`,
  'select id from club.member order by email',
  'select count(*) from club.member group by born_on',
  'select a.id from club.member a join club.member b on a.email = b.email',
  'copy club.member to stdout',
  'copy (select email from club.member) to stdout',
  'select stavalues1 from pg_catalog.pg_statistic',
  'create view mine as select * from club.member',
  'set role veilig_mask',
  'alter view veilig_masked.member rename to other',
  `select email from member; select email from club.member`,
]

test('masking: no expression, condition, order, join or copy reaches what is hidden', async () => {
  for (const sql of attempts) {
    await assert.rejects(person.query(sql), { code: /^(42501|25006)$/ }, sql)
    await person.query('rollback')
  }
  const stats = await person.query(`select * from pg_stats where attname = 'email'`)
  assert.equal(stats.rowCount, 0)
  // Conditions on the view see what it shows, and nothing else.
  const found = await person.query(`select id from member where email = 'lotte@club.example'`)
  assert.equal(found.rowCount, 0)
  const leak = `create function pg_temp.leak(text) returns bool language plpgsql cost 0.001
    as $$ begin raise notice '%', $1; return true; end $$`
  await assert.rejects(person.query(leak), { code: /^(42501|25006)$/ })
})

test('masking: who may write mends an address and cannot read it', async () => {
  await writer.query(`update club.member set email = 'lotte@other.example' where id = 1`)
  const read = `update club.member set name = email where id = 1`
  await assert.rejects(writer.query(read), { code: '42501' })
  const back = `update club.member set visits = 1 where id = 1 returning email`
  await assert.rejects(writer.query(back), { code: '42501' })
  const hidden = `update club.member set password_hash = 'x' where id = 1`
  await assert.rejects(writer.query(hidden), { code: '42501' })
  const guess = `update club.member set visits = 2 where email = 'lotte@other.example'`
  await assert.rejects(writer.query(guess), { code: '42501' })
})

test('masking: the application changes its tables freely; the next grant is masked', async () => {
  await admin.query('alter table club.member alter column email type varchar(100)')
  await admin.query('alter table club.member add column iban text, add column nickname text')
  // What is new is in no right until the policy is applied.
  const early = person.query('select nickname from club.member')
  await assert.rejects(early, { code: '42501' })
  await assert.rejects(person.query('select veilig_policy.apply()'), { code: '42501' })
  const access = await connect('veilig_access', 'access')
  const applied = (): Promise<pg.QueryResult> => access.query('select veilig_policy.apply() as did')
  assert.deepEqual((await applied()).rows, [{ did: true }])
  assert.deepEqual((await applied()).rows, [{ did: false }])
  await assert.rejects(access.query('delete from veilig_policy.rule'), { code: '42501' })
  await access.end()
  await admin.query(`update club.member set iban = 'BE71', nickname = 'lo' where id = 1`)
  const { rows } = await person.query('select iban, nickname, email from member')
  assert.deepEqual(rows, [{ iban: 'B•••', nickname: 'lo', email: 'l•••' }])
  await admin.query('drop table club.court')
})

test('masking: what the patterns take for sensitive', () => {
  const takes = (list: readonly string[], column: string): boolean =>
    list.some((one) => new RegExp(one, 'i').test(`public.member.${column}`))
  const partial = ['email', 'contact_email', 'phone', 'birth_date', 'iban', 'zip', 'street_2']
  for (const column of partial) assert(takes(masking.partial, column), column)
  for (const column of ['id', 'name', 'mailing', 'basic', 'zipped'])
    assert(!takes(masking.partial, column), column)
  for (const column of ['password', 'token_hash', 'totp_seed'])
    assert(takes(masking.hidden, column))
})
