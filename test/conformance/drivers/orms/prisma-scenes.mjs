/** Prisma on its adapter for node-postgres: nested writes, relations, both transactions, raw SQL. */
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from './generated/client.ts'
import { connection, play } from './play.mjs'

const prisma = new PrismaClient({ adapter: new PrismaPg({ ...connection, max: 3 }) })
const code = (promise) => promise.catch((error) => error.code)

await play({
  'clean slate': async () => {
    await prisma.$executeRaw`drop table if exists courts, clubs`
    await prisma.$executeRaw`create table clubs (id serial primary key, name text not null unique,
      settings jsonb, since timestamptz)`
    await prisma.$executeRaw`create table courts (id serial primary key,
      club_id int not null references clubs on delete cascade, price numeric(8, 2))`
  },
  'a nested create': () =>
    prisma.club.create({
      data: {
        name: 'club é',
        settings: { lights: true, hours: [8, 22] },
        since: new Date(Date.UTC(2026, 0, 1)),
        courts: { create: [{ price: '12.50' }, { price: '7.25' }] },
      },
      include: { courts: true },
    }),
  'many at once, returned': () =>
    prisma.club.createManyAndReturn({
      data: Array.from({ length: 40 }, (_, n) => ({ name: `club ${n}` })),
    }),
  upsert: () =>
    prisma.club.upsert({
      where: { name: 'club 7' },
      create: { name: 'never' },
      update: { courts: { create: { price: '1.00' } } },
      include: { courts: { select: { price: true } } },
    }),
  'relations, filtered and paged by a cursor': () =>
    prisma.club.findMany({
      where: {
        OR: [{ name: { contains: 'CLUB 1', mode: 'insensitive' } }, { courts: { some: {} } }],
      },
      include: { courts: { orderBy: { id: 'desc' } }, _count: { select: { courts: true } } },
      orderBy: { id: 'asc' },
      cursor: { id: 3 },
      skip: 1,
      take: 6,
    }),
  'a path in JSON': () =>
    prisma.club.findMany({ where: { settings: { path: ['lights'], equals: true } } }),
  'sums by group': () =>
    prisma.court.groupBy({
      by: ['clubId'],
      _sum: { price: true },
      _count: true,
      orderBy: { clubId: 'asc' },
    }),
  'a batch in one transaction': () =>
    prisma.$transaction([
      prisma.club.update({ where: { id: 1 }, data: { name: 'renamed' } }),
      prisma.court.count(),
      prisma.court.deleteMany({ where: { price: { lt: '2' } } }),
    ]),
  'a batch of which one fails': () =>
    code(
      prisma.$transaction([
        prisma.club.update({ where: { id: 1 }, data: { name: 'lost' } }),
        prisma.club.create({ data: { name: 'club 3' } }),
      ]),
    ),
  'an interactive transaction, serializable, rolled back': () =>
    prisma
      .$transaction(
        async (on) => {
          await on.court.deleteMany()
          throw new Error('enough')
        },
        { isolationLevel: 'Serializable' },
      )
      .catch((error) => error.message),
  'what is left': () => prisma.court.count(),
  'a violated constraint': () => code(prisma.court.create({ data: { clubId: 9_999 } })),
  'nothing there': () => code(prisma.club.update({ where: { id: 9_999 }, data: { name: 'x' } })),
  'raw SQL with parameters': () =>
    prisma.$queryRaw`select id, name, since from clubs where id = any(${[1, 2, 3]}) order by id`,
  'raw SQL that fails': () => code(prisma.$queryRaw`select 1/0`),
  'many queries at once': () =>
    Promise.all(Array.from({ length: 40 }, (_, id) => prisma.club.findUnique({ where: { id } }))),
})
await prisma.$disconnect()
