/** Kysely: its schema builder, migrator, introspection, expressions, streams and savepoints. */
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import pg from 'pg'
import Cursor from 'pg-cursor'
import { connection, play } from './play.mjs'

const pool = new pg.Pool({ ...connection, max: 3 })
const db = new Kysely({ dialect: new PostgresDialect({ pool, cursor: Cursor }) })
const migrations = {
  one: {
    up: async (on) => {
      await on.schema
        .createTable('clubs')
        .addColumn('id', 'serial', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull().unique())
        .execute()
      await on.schema
        .createTable('courts')
        .addColumn('id', 'serial', (column) => column.primaryKey())
        .addColumn('club_id', 'integer', (column) => column.references('clubs.id'))
        .addColumn('price', 'numeric(8, 2)')
        .execute()
    },
    down: async (on) => {
      await on.schema.dropTable('courts').execute()
      await on.schema.dropTable('clubs').execute()
    },
  },
}
const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })

await play({
  'clean slate': async () => {
    await sql`drop schema public cascade; create schema public`.execute(db)
  },
  migrate: async () => (await migrator.migrateToLatest()).results,
  introspection: async () =>
    (await db.introspection.getTables()).map(({ name, columns }) => [
      name,
      columns.map((column) => [column.name, column.dataType, column.hasDefaultValue]),
    ]),
  'insert many, returning': () =>
    db
      .insertInto('clubs')
      .values(Array.from({ length: 50 }, (_, n) => ({ name: `club ${n} é` })))
      .returning(['id', 'name'])
      .execute(),
  'on conflict': () =>
    db
      .insertInto('clubs')
      .values({ name: 'club 7 é' })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ name: 'club seven' }))
      .returningAll()
      .executeTakeFirst(),
  'insert from select': () =>
    db
      .insertInto('courts')
      .columns(['club_id', 'price'])
      .expression(db.selectFrom('clubs').select(['id', sql`id * 1.5`.as('price')]))
      .executeTakeFirst(),
  'a query with a common table, nested JSON and a case': () =>
    db
      .with('cheap', (on) => on.selectFrom('courts').selectAll().where('price', '<', '10'))
      .selectFrom('clubs')
      .select((on) => [
        'clubs.name',
        jsonArrayFrom(
          on
            .selectFrom('cheap')
            .select('cheap.price')
            .whereRef('cheap.club_id', '=', 'clubs.id')
            .orderBy('cheap.id'),
        ).as('prices'),
        on.case().when('clubs.id', '<', 3).then('early').else('late').end().as('when'),
      ])
      .orderBy('clubs.id')
      .limit(8)
      .execute(),
  'update from': () =>
    db
      .updateTable('courts')
      .from('clubs')
      .set({ price: sql`courts.price + 1` })
      .whereRef('courts.club_id', '=', 'clubs.id')
      .where('clubs.name', 'like', 'club 1%')
      .executeTakeFirst(),
  'a stream, a cursor of seven rows at a time': async () => {
    const ids = []
    for await (const { id } of db.selectFrom('clubs').select('id').orderBy('id').stream(7)) {
      ids.push(id)
    }
    return ids
  },
  'a stream that is left early': async () => {
    for await (const row of db.selectFrom('clubs').selectAll().orderBy('id').stream(3)) return row
  },
  'a transaction rolled back': () =>
    db.transaction().execute(async (within) => {
      await within.deleteFrom('courts').execute()
      throw Object.assign(new Error('enough'), { code: 'ENOUGH' })
    }),
  'savepoints, serializable': async () => {
    const outer = await db.startTransaction().setIsolationLevel('serializable').execute()
    const inner = await outer.savepoint('here').execute()
    await inner.deleteFrom('courts').execute()
    const back = await inner.rollbackToSavepoint('here').execute()
    const { count } = await back
      .selectFrom('courts')
      .select((on) => on.fn.countAll().as('count'))
      .executeTakeFirstOrThrow()
    await outer.commit().execute()
    return count
  },
  'a violated constraint': () => db.insertInto('courts').values({ club_id: 9_999 }).execute(),
  'a syntax error': () => sql`selec 1`.execute(db),
  explain: async () => (await db.selectFrom('clubs').selectAll().explain('json')).length,
  'migrate down': async () => (await migrator.migrateDown()).results,
})
await db.destroy()
