/**
 * A record of the web-gateway in the control database, which gateways on all machines share.
 *
 * @module
 */
import { openPool } from '#system/postgres/pool.ts'
import type { Book } from '#services/web-gateway/book.ts'
import { databaseBook, type RecordTable } from '#services/web-gateway/database-book.ts'
import type { ServiceContext } from '../context.ts'
import { controlConnection } from '../control.ts'
import { keyIn } from './web-gateway-files.ts'

/**
 * Opened when it is first read: the control database may start after us.
 *
 * @param name Tells records of one table apart.
 */
export async function controlBook<Record>(
  context: ServiceContext,
  table: RecordTable,
  name: string,
): Promise<Book<Record>> {
  const secret = await keyIn(context.paths.secret('web-gateway', 'acme.key'))
  const pool = openPool({ ...(await controlConnection(context, 'web-gateway')), max: 2 })
  let opened: Book<Record> | undefined
  const open = async (): Promise<Book<Record>> =>
    (opened ??= await databaseBook<Record>({ pool, table, name, secret }))
  return {
    load: async () => (await open()).load(),
    store: async (record, version) => (await open()).store(record, version),
  }
}
