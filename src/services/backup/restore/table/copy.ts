/**
 * COPY from one server straight into another, at the pace of the slower, over node-postgres.
 *
 * Source: PostgreSQL documentation, "COPY Operations" of the message flow.
 *
 * @module
 */
import type { Duplex } from 'node:stream'
import pg from 'pg'

/** What of node-postgres's connection COPY needs; its types leave the COPY messages out. */
type Connection = {
  readonly stream: Duplex
  query(text: string): void
  sendCopyFromChunk(chunk: Uint8Array): void
  endCopyFrom(): void
  sendCopyFail(reason: string): void
}

type Complete = { readonly text: string }

/** One COPY as a query of node-postgres. */
class CopyQuery {
  readonly done: Promise<number>
  readonly #text: string
  #resolve: (rows: number) => void = () => undefined
  #reject: (reason: unknown) => void = () => undefined
  #rows = 0
  connection: Connection | undefined
  /** The server is ready to take rows. */
  onReady: () => void = () => undefined
  onRow: (row: Uint8Array) => void = () => undefined

  constructor(text: string) {
    this.#text = text
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.done.catch(() => {}) // awaited by the caller, with the other side's
  }

  submit(connection: Connection): void {
    this.connection = connection
    connection.query(this.#text)
  }

  handleCopyInResponse(): void {
    this.onReady()
  }

  handleCopyData({ chunk }: { readonly chunk: Uint8Array }): void {
    this.onRow(chunk)
  }

  handleRowDescription(): void {}

  handleDataRow(): void {}

  handleCommandComplete({ text }: Complete): void {
    this.#rows = Number(/^COPY ([0-9]+)$/.exec(text)?.[1] ?? NaN)
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#rows)
  }

  handleError(reason: unknown): void {
    this.#reject(reason)
  }
}

/**
 * @param from A statement `COPY … TO STDOUT`. @param to `COPY … FROM STDIN`, of the same format.
 * @param progress Hears now and then how many rows have come.
 * @returns How many rows each side counted.
 * @throws Whatever either server says; the other side's copy is then given up.
 */
export async function copyBetween(
  source: pg.Client,
  from: string,
  target: pg.Client,
  to: string,
  progress: (rows: number) => void,
): Promise<{ readonly sent: number; readonly taken: number }> {
  const [reading, writing] = [new CopyQuery(from), new CopyQuery(to)]
  await new Promise<void>((resolve, reject) => {
    writing.onReady = resolve
    writing.done.catch(reject)
    submit(target, writing)
  })
  let rows = 0
  reading.onRow = (row) => {
    const [input, output] = [reading.connection?.stream, writing.connection?.stream]
    writing.connection?.sendCopyFromChunk(row)
    progress(++rows)
    if (!input || !output?.writableNeedDrain || input.isPaused()) return
    input.pause()
    output.once('drain', () => input.resume())
  }
  submit(source, reading)
  try {
    const sent = await Promise.race([reading.done, writing.done]) // only the source can be done yet
    writing.connection?.endCopyFrom()
    return { sent, taken: await writing.done }
  } catch (error) {
    writing.connection?.sendCopyFail('the other side failed')
    reading.connection?.stream.destroy()
    throw error
  }
}

function submit(client: pg.Client, query: CopyQuery): void {
  client.query(query as unknown as pg.Submittable)
}
