/**
 * The program of a worker of the SQL gateway: `sql-gateway-worker.ts NUMBER BOOKS`, with a channel
 * to the first process.
 *
 * @module
 */
import { statementBook } from '#lib/statement-books.ts'
import { systemClock } from '#system/clock.ts'
import { runWorker } from '#services/sql-gateway/workers/worker.ts'
import { openBook } from '../book.ts'
import type { AuditConfig } from '../config-audit.ts'
import { pathsIn } from '../paths.ts'
import { runAsWorker } from './worker-program.ts'

/** Where a worker keeps its book, and how. */
export type Books = { readonly data: string; readonly audit: AuditConfig }

await runAsWorker(async ({ number, args }) => {
  const { data, audit } = JSON.parse(args[0] ?? '') as Books
  const context = { paths: pathsIn(data), clock: systemClock, config: { audit } }
  await using stack = new AsyncDisposableStack()
  const trail = stack.use(await openBook(context, statementBook(number)))
  const service = stack.use(await runWorker(process, { clock: systemClock, trail }))
  const both = stack.move()
  return { ...service, [Symbol.asyncDispose]: () => both.disposeAsync() }
})
