/** Drizzle on node-postgres and on postgres.js: relations, prepared statements, savepoints, `sql`. */
import { eq, lt, relations, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, jsonb, numeric, pgTable, serial, text, timestamp } from 'drizzle-orm/pg-core'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import pg from 'pg'
import postgres from 'postgres'
import { connection, play } from './play.mjs'

const clubs = pgTable('clubs', {
  id: serial('id').primaryKey(),
  name: text('name').notNull().unique(),
  settings: jsonb('settings'),
  since: timestamp('since', { withTimezone: true }),
})
const courts = pgTable('courts', {
  id: serial('id').primaryKey(),
  clubId: integer('club_id').references(() => clubs.id),
  price: numeric('price', { precision: 8, scale: 2 }),
})
const schema = {
  clubs,
  courts,
  clubRelations: relations(clubs, ({ many }) => ({ courts: many(courts) })),
  courtRelations: relations(courts, ({ one }) => ({
    club: one(clubs, { fields: [courts.clubId], references: [clubs.id] }),
  })),
}

const { host, port, user, password, database, ssl } = connection
const pool = new pg.Pool({ ...connection, max: 3 })
const place = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
const client = postgres({ ...place, user, pass: password, database, ssl, max: 2 })

/** The same scenes on either driver. */
const scenesOn = (name, db) => ({
  [`${name}: clean slate`]: () =>
    db.transaction(async (on) => {
      await on.execute(sql`drop table if exists courts, clubs`)
      await on.execute(sql`create table clubs
        (id serial primary key, name text not null unique, settings jsonb, since timestamptz)`)
      await on.execute(sql`create table courts
        (id serial primary key, club_id int references clubs, price numeric(8, 2))`)
      return 'done'
    }),
  [`${name}: insert, returning`]: () =>
    db
      .insert(clubs)
      .values(
        Array.from({ length: 40 }, (_, n) => ({
          name: `club ${n} é`,
          settings: { lights: n % 2 === 0, hours: [8, n] },
          since: new Date(Date.UTC(2026, 0, 1 + n)),
        })),
      )
      .returning(),
  [`${name}: on conflict`]: () =>
    db
      .insert(clubs)
      .values({ name: 'club 7 é' })
      .onConflictDoUpdate({ target: clubs.name, set: { name: 'club seven' } })
      .returning({ id: clubs.id, name: clubs.name }),
  [`${name}: children`]: () =>
    db
      .insert(courts)
      .values(Array.from({ length: 40 }, (_, n) => ({ clubId: 1 + (n % 5), price: `${n}.50` })))
      .returning({ id: courts.id }),
  [`${name}: relations, nested`]: () =>
    db.query.clubs.findMany({
      with: { courts: { columns: { price: true }, orderBy: courts.id, limit: 3 } },
      where: lt(clubs.id, 6),
      orderBy: clubs.id,
    }),
  [`${name}: a prepared statement, run again`]: async () => {
    const one = db
      .select()
      .from(clubs)
      .where(eq(clubs.id, sql.placeholder('id')))
      .prepare('one_club')
    const found = []
    for (let id = 1; id <= 12; id++) found.push(await one.execute({ id }))
    return found
  },
  [`${name}: a join with sums`]: () =>
    db
      .select({ name: clubs.name, sum: sql`sum(${courts.price})` })
      .from(clubs)
      .innerJoin(courts, eq(courts.clubId, clubs.id))
      .groupBy(clubs.name)
      .orderBy(clubs.name),
  [`${name}: a transaction within a transaction, the inner rolled back`]: () =>
    db.transaction(async (outer) => {
      await outer.update(clubs).set({ name: 'outer' }).where(eq(clubs.id, 1))
      const said = await outer
        .transaction(async (inner) => {
          await inner.update(clubs).set({ name: 'inner' }).where(eq(clubs.id, 1))
          inner.rollback()
        })
        .catch((error) => error.name)
      return [said, await outer.select().from(clubs).where(eq(clubs.id, 1))]
    }),
  [`${name}: many at once`]: () =>
    Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        db.select({ name: clubs.name }).from(clubs).where(eq(clubs.id, n)),
      ),
    ),
  [`${name}: a violated constraint`]: () => db.insert(courts).values({ clubId: 9_999 }),
  [`${name}: serializable, read only`]: () =>
    db.transaction((on) => on.delete(courts), {
      isolationLevel: 'serializable',
      accessMode: 'read only',
    }),
  [`${name}: what is left`]: () => db.$count(courts),
})

await play({
  ...scenesOn('node-postgres', drizzle(pool, { schema })),
  ...scenesOn('postgres.js', drizzlePostgres(client, { schema })),
})
await pool.end()
await client.end()
