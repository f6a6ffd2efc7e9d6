/**
 * One transaction on a connection of its own: all or nothing, and no broken connection kept.
 *
 * @module
 */
import type pg from 'pg'

/**
 * @param fault Makes the caller's declared error of whatever went wrong.
 * @throws What `fault` returns.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  fault: (cause: unknown) => Error,
  act: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw fault(cause)
  })
  let broken = true
  try {
    await client.query('begin')
    const result = await act(client)
    await client.query('commit')
    broken = false
    return result
  } catch (cause) {
    await client.query('rollback').then(
      () => (broken = false),
      () => undefined, // the connection is gone, and the transaction with it
    )
    throw fault(cause)
  } finally {
    client.release(broken)
  }
}
