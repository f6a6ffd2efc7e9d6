/**
 * Runs scripts in Valkey or Redis: one count for any number of processes and machines.
 *
 * Each decision is one script, so that a hundred questions at once from ten gateways are a hundred
 * questions. When it does not answer, the caller counts for itself until it does; that is told
 * once, and once again when it is back.
 *
 * @module
 */
import { createClient } from '@redis/client'
import { FaultError } from '#lib/errors.ts'

export type ValkeyOptions = {
  /** `redis://`, `rediss://` or `unix://`, password included. */
  readonly url: string
  readonly onFault: (error: Error) => void
  readonly onBack: () => void
}

const ANSWER_MS = 500
const CONNECT_MS = 2_000
const RECONNECT_MAX_MS = 5_000

/** First line of a script that counts by the server's clock, unless its first argument is one. */
export const serverNow: string = `
local now = tonumber(ARGV[1])
if now < 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`

export class ValkeyScripts implements AsyncDisposable {
  readonly #options: ValkeyOptions
  readonly #client: ReturnType<typeof createClient>
  #isAway = false

  /** Connects in the background. */
  constructor(options: ValkeyOptions) {
    this.#options = options
    this.#client = createClient({
      url: options.url,
      disableOfflineQueue: true,
      socket: {
        connectTimeout: CONNECT_MS,
        reconnectStrategy: (retries) => Math.min(RECONNECT_MAX_MS, 100 * 2 ** Math.min(retries, 6)),
      },
    })
    this.#client.on('error', (error: Error) => this.#fail(error))
    this.#client.connect().catch((error: unknown) => this.#fail(error as Error))
  }

  /** @returns What the script returned; undefined when there was no answer in time. */
  async run(script: string, keys: readonly string[], values: readonly string[]): Promise<unknown> {
    if (!this.#client.isReady) return undefined
    try {
      const reply: unknown = await this.#client
        .withAbortSignal(AbortSignal.timeout(ANSWER_MS))
        .eval(script, { keys: [...keys], arguments: [...values] })
      if (this.#isAway) this.#options.onBack()
      this.#isAway = false
      return reply
    } catch (error) {
      this.#fail(error as Error)
      return undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy()
    await Promise.resolve()
  }

  #fail(cause: Error): void {
    if (this.#isAway) return
    this.#isAway = true
    const message = `Valkey does not answer (${cause.message}); each gateway counts for itself`
    this.#options.onFault(new FaultError('LOCKOUT_SHARED_AWAY', message, { cause }))
  }
}
