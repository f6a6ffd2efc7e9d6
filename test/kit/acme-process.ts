/**
 * The keeper of a certificate as a process that is killed by SIGKILL at a chosen step:
 * `acme-process.ts OPTIONS-AS-JSON`. It ends by itself when the certificate is in the book.
 */
import { readFileSync } from 'node:fs'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { AcmeClient } from '#system/acme/client.ts'
import { fileBook } from '#services/web-gateway/acme/file-book.ts'
import { CertificateKeeper, type AcmeServer } from '#services/web-gateway/acme/keeper.ts'

export type AcmeProcessOptions = {
  readonly directoryUrl: string
  readonly caFile: string
  readonly folder: string
  readonly dnsUrl: string
  readonly names: readonly string[]
  /** Steps are counted before and after each call and each write. */
  readonly killAt: number
}

const options = JSON.parse(process.argv[2] ?? '') as AcmeProcessOptions
const { directoryUrl, names, killAt } = options

let steps = 0
const mortal = async <T>(act: () => Promise<T>): Promise<T> => {
  if (steps++ === killAt) process.kill(process.pid, 'SIGKILL')
  const result = await act()
  if (steps++ === killAt) process.kill(process.pid, 'SIGKILL')
  return result
}

const ca = readFileSync(options.caFile, 'utf8')
const client = new AcmeClient({ directoryUrl, ca, timeoutMs: 30_000 })
const acme = new Proxy<AcmeServer>(client, {
  get: (_, name: keyof AcmeServer) => {
    const method = client[name] as (...args: unknown[]) => Promise<unknown>
    return (...args: unknown[]) => mortal(() => method.apply(client, args))
  },
})
const book = fileBook(systemDisk, options.folder)
await using keeper = new CertificateKeeper(
  { directoryUrl, names, contact: [], challenge: 'dns-01' },
  {
    clock: systemClock,
    acme,
    book: { load: () => book.load(), store: (...args) => mortal(() => book.store(...args)) },
    holder: 'gateway',
    chance: Math.random,
    dnsHook: async (action, host, value) => {
      const path = action === 'present' ? 'set-txt' : 'clear-txt'
      const body = JSON.stringify({ host: `${host}.`, value })
      await fetch(`${options.dnsUrl}/${path}`, { method: 'POST', body })
    },
    onRecord: () => undefined,
    onIssued: () => undefined,
    onFailure: (error) => {
      throw error
    },
  },
)
for (;;) {
  if ((await keeper.turn()) > 0 && (await book.load())?.record.current) break
}
