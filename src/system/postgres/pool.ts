/**
 * A pool of connections that outlives its server, and the password it began with.
 *
 * A server that stops says so on every connection, idle or lent out. With nobody listening, that
 * would end the whole process; the next query tells its asker all that matters.
 */
import pg from 'pg'
import { withSecret } from '../secret-file.ts'

/** Options of the `pg` package, and where the password stands when it may be renewed. */
export type PoolOptions = pg.PoolConfig & {
  /** Read again when the server refuses the one it was given. */
  readonly passwordFile?: string | undefined
}

const INVALID_PASSWORD = '28P01'

/** @param options The caller ends the pool. */
export function openPool({ passwordFile, ...options }: PoolOptions): pg.Pool {
  const pool =
    passwordFile === undefined ? new pg.Pool(options) : new RenewedPool(options, passwordFile)
  pool.on('error', ignored)
  pool.on('connect', (client) => {
    client.on('error', ignored)
  })
  return pool
}

/** Whether the server says that the password is not the right one. */
export function isWrongPassword(error: unknown): boolean {
  return (error as { code?: string }).code === INVALID_PASSWORD
}

type Told = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: boolean | Error) => void,
) => void

/** Connections that are open stay; a new one is opened with the password that is right by then. */
class RenewedPool extends pg.Pool {
  readonly #file: string
  readonly #options: pg.PoolConfig

  constructor(options: pg.PoolConfig, file: string) {
    super(options)
    this.#file = file
    this.#options = (this as unknown as { options: pg.PoolConfig }).options
  }

  override connect(): Promise<pg.PoolClient>
  override connect(told: Told): void
  override connect(told?: Told): Promise<pg.PoolClient> | void {
    const lent = this.#lend()
    if (!told) return lent
    lent.then(
      (client) => told(undefined, client, (release) => client.release(release)),
      (error: Error) => told(error, undefined, ignored),
    )
  }

  async #lend(): Promise<pg.PoolClient> {
    try {
      return await super.connect()
    } catch (error) {
      if (!isWrongPassword(error)) throw error
    }
    return withSecret(
      this.#file,
      (password) => {
        this.#options.password = password
        return super.connect()
      },
      isWrongPassword,
    )
  }
}

function ignored(): void {
  // what the server said last on a connection that ends
}
