/**
 * sqlmap against a page that puts what it is asked for into its statements, through the SQL
 * gateway; and what the gateway recorded. The page is the only thing of ours with such a hole; it
 * listens on the loopback address for as long as a test runs.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rm } from 'node:fs/promises'
import { parseSql } from '#protocol/sql/parse.ts'
import { shapeOf } from '#protocol/sql/shape.ts'
import { openPool } from '#system/postgres/pool.ts'
import { startPostgres, SUPERUSER, PASSWORD, temporaryFolder } from './postgres.ts'
import { gatewayAuthority, startSqlGateway } from './sql-gateway.ts'

/** Places of the page, and what each says with a value in place of `@`. */
export const pages: Readonly<Record<string, { readonly sql: string; readonly plain: string }>> = {
  text: { sql: `SELECT id, name FROM courts WHERE name = '@' AND open`, plain: 'north' },
  number: { sql: 'SELECT id, name FROM courts WHERE id = @', plain: '1' },
  like: { sql: `SELECT id, name FROM courts WHERE name LIKE '%@%' ORDER BY id`, plain: 'o' },
  sort: { sql: 'SELECT id, name FROM courts ORDER BY @', plain: 'name' },
}

function pageOf(name: string): { readonly sql: string; readonly plain: string } {
  const page = pages[name]
  if (!page) throw new Error(`no page ${name}`)
  return page
}

/**
 * Of what the page said: attacks are what PostgreSQL accepts and what is built otherwise than the
 * page means it; the rest is data in its place, or broken.
 */
export function attacksAmong(page: string, statements: readonly string[]): readonly string[] {
  const { sql, plain } = pageOf(page)
  const meant = shapeIn(sql.replace('@', plain))
  return [...new Set(statements)].filter((each) => {
    const shape = shapeIn(each)
    return shape !== undefined && shape !== meant
  })
}

function shapeIn(sql: string): string | undefined {
  const parsed = parseSql(sql)
  return parsed.kind === 'tree' ? shapeOf(parsed.statements) : undefined
}

/** What the page says to honest visitors. */
export function honest(page: string, times: number): readonly string[] {
  const { sql } = pageOf(page)
  const words = page === 'number' ? [] : page === 'sort' ? ['id', 'name', 'open'] : ['north', 'o']
  return Array.from({ length: times }, (_, at) => {
    const word = words.length > 0 ? words[at % words.length] : undefined
    const value = word === undefined ? String(at + 1) : page === 'sort' ? word : `${word}${at}`
    return sql.replace('@', () => value)
  })
}

export type SqlmapRun = {
  /** All that the page said, attacks and not, in order. */
  readonly statements: readonly string[]
  /** What sqlmap printed. */
  readonly printed: string
}

/** @param options For sqlmap: techniques, level, tampers. @param page A name of `pages`. */
export async function runSqlmap(
  page: string,
  options: readonly string[],
  timeoutMs: number,
): Promise<SqlmapRun> {
  const { sql, plain } = pageOf(page)
  await using server = await startPostgres()
  await server.query('CREATE TABLE courts (id int, name text, open bool)')
  await server.query(`INSERT INTO courts VALUES (1, 'north', true), (2, 'south', true)`)
  const { socketDir, port } = server
  await using gateway = await startSqlGateway({ socketDir, port })
  const pool = openPool({
    host: gateway.host,
    port: gateway.port,
    user: SUPERUSER,
    password: PASSWORD,
    database: 'postgres',
    ssl: { ca: gatewayAuthority },
    max: 4,
  })
  const door = createServer((request, response) => {
    const value = new URL(request.url ?? '/', 'http://page').searchParams.get('q') ?? plain
    pool.query(sql.replace('@', () => value)).then(
      (result) => response.end(JSON.stringify([result].flat().flatMap(({ rows }) => rows))),
      (error: Error) => response.writeHead(500).end(error.message),
    )
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  const url = `http://127.0.0.1:${(door.address() as AddressInfo).port}/?q=${plain}`
  const folder = await temporaryFolder('sqlmap')
  const common = ['-u', url, '--batch', '--flush-session', '--output-dir', folder, '-v', '0']
  const dbms = ['--dbms', 'PostgreSQL', '--disable-coloring', '--time-sec', '1', '--threads', '4']
  const child = spawn('sqlmap', [...common, ...dbms, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stdout.on('data', (bytes) => (printed += String(bytes)))
  child.stderr.on('data', (bytes) => (printed += String(bytes)))
  const deadline = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  await once(child, 'close')
  clearTimeout(deadline)
  door.closeAllConnections()
  door.close()
  await pool.end()
  await rm(folder, { recursive: true, force: true })
  const statements = gateway.trail.events
    .filter(({ code, detail }) => code === 'DB_STATEMENT' && detail['kind'] === 'query')
    .map(({ detail }) => String(detail['sql']))
  return { statements, printed }
}
