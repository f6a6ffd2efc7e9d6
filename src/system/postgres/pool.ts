/**
 * A pool of connections that outlives its server.
 *
 * A server that stops says so on every connection, idle or lent out. With nobody listening, that
 * would end the whole process; the next query tells its asker all that matters.
 */
import pg from 'pg'

/** @param options Of the `pg` package. The caller ends the pool. */
export function openPool(options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(options)
  pool.on('error', ignored)
  pool.on('connect', (client) => {
    client.on('error', ignored)
  })
  return pool
}

function ignored(): void {
  // what the server said last on a connection that ends
}
