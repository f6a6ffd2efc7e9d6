/**
 * `veilig doctor`: what is missing or weak, and how to mend it, before anything fails.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UsageError, VeiligError } from '#lib/errors.ts'
import type { RegionConfig } from '#services/backup/config-regions.ts'
import { missing, type Finding, type FindingState } from '#services/backup/doctor/finding.ts'
import { judgeRegions } from '#services/backup/doctor/judge-regions.ts'
import { judgeServer, type Wanted } from '#services/backup/doctor/judge-server.ts'
import { tryRegion } from '#services/backup/doctor/probe-region.ts'
import { readServerFacts, type ServerFacts } from '#services/backup/doctor/server-facts.ts'
import type { Login } from '#services/backup/replication/connection.ts'
import { systemDisk } from '#system/disk.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { storeOf } from '../region-store.ts'
import { keyFiles } from '../repository.ts'
import { loginOf } from '../run/backup.ts'

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'what the database and the regions lack for a backup, and how to mend it',
  usage: '[--database postgres://USER:PASSWORD@HOST:PORT/NAME] [--json]',
  options: { database: { type: 'string' } },
  run: async (context, { values }) => {
    const { database } = values
    const found =
      typeof database === 'string' ? await examine(context, database) : await all(context)
    process.stdout.write(values['json'] === true ? `${JSON.stringify(found)}\n` : asText(found))
    return found.some(({ state }) => state === 'missing') ? 1 : 0
  },
}

/** Any server, by its address alone. */
async function examine(context: Context, url: string): Promise<Finding[]> {
  const { login, database } = loginFrom(url)
  const facts = await readServerFacts(login, database, context.clock)
  return judgeServer(facts, wantedBy(context))
}

/** The configured server and the configured regions. */
async function all(context: Context): Promise<Finding[]> {
  const server = await configuredServer(context)
  const sql = 'sql' in server ? server.sql : ''
  const databaseBytes = typeof sql === 'string' ? undefined : sql.databaseBytes
  const { regions } = context.config.backup
  const places = await Promise.all(regions.map((region) => placeOf(context, region)))
  const tried = await Promise.all(
    places.map(({ region, locks, freeBytes }) =>
      tryRegion(
        { ...region, locks, freeBytes, store: storeOf(context.paths, region) },
        databaseBytes,
        randomBytes(16).toString('hex'),
      ),
    ),
  )
  const recovery = await systemDisk.size(keyFiles(context.paths).recovery)
  const seen = places.map(({ region, locks, device }) => ({ name: region.name, locks, device }))
  return [
    ...('sql' in server ? judgeServer(server, wantedBy(context)) : [server]),
    ...tried.flat(),
    ...judgeRegions(seen, recovery !== undefined),
  ]
}

async function configuredServer(context: Context): Promise<ServerFacts | Finding> {
  const { backup } = context.config
  try {
    const database = backup.synchronous?.database ?? 'postgres'
    return await readServerFacts(await loginOf(context, backup), database, context.clock)
  } catch (error) {
    if (!(error instanceof VeiligError)) throw error
    const mend = "start the ring once with 'veilig up', or name your server in backup.database"
    return missing('server.login', `there is no login for the server: ${error.message}`, mend)
  }
}

type Place = {
  readonly region: RegionConfig
  readonly locks: boolean
  readonly freeBytes: number | undefined
  readonly device: string | undefined
}

async function placeOf({ paths }: Context, region: RegionConfig): Promise<Place> {
  const locks = 'objectLock' in region && region.objectLock !== undefined
  if (region.kind !== 'disk') return { region, locks, freeBytes: undefined, device: undefined }
  const folder = await existing(region.folder ?? paths.region(region.name))
  const [{ bavail, bsize }, { dev }] = await Promise.all([statfs(folder), stat(folder)])
  return { region, locks, freeBytes: bavail * bsize, device: String(dev) }
}

/** The folder, or the nearest above it that is there: it is made on the first write. */
async function existing(folder: string): Promise<string> {
  const there = await stat(folder).then(
    () => true,
    () => false,
  )
  return there || folder === dirname(folder) ? folder : existing(dirname(folder))
}

function wantedBy({ config: { backup } }: Context): Wanted {
  const { slot, applicationName, fullEveryMinutes, synchronous } = backup
  return { slot, applicationName, fullEveryMinutes, synchronous: synchronous !== undefined }
}

/** @throws {UsageError} DATABASE_URL_INVALID. */
function loginFrom(text: string): { readonly login: Login; readonly database: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^postgres(?:ql)?:$/.test(url.protocol) || url.username === '') {
    const message = 'give --database as postgres://USER:PASSWORD@HOST:PORT/NAME'
    throw new UsageError('DATABASE_URL_INVALID', message)
  }
  const socket = url.searchParams.get('host')
  const host = socket ?? decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '')
  const clear = socket !== null || url.searchParams.get('sslmode') === 'disable'
  const caFile = url.searchParams.get('sslrootcert')
  const address = {
    host,
    port: Number(url.port || 5432),
    tls: clear ? ('off' as const) : ('verify' as const),
    ...(caFile === null ? {} : { caFile }),
  }
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  const database = decodeURIComponent(url.pathname.slice(1)) || 'postgres'
  return { login: { address, user, password }, database }
}

const WORDS: Readonly<Record<FindingState, string>> = {
  good: 'good   ',
  weak: 'WEAK   ',
  missing: 'MISSING',
  unknown: 'unknown',
}

function asText(found: readonly Finding[]): string {
  const width = Math.max(...found.map(({ id }) => id.length))
  const lines = found.flatMap(({ id, state, sentence, mend }) => [
    `${WORDS[state]}  ${id.padEnd(width)}  ${sentence}`,
    ...(mend === undefined ? [] : [`${' '.repeat(width + 11)}→ ${mend}`]),
  ])
  const count = (state: FindingState): number => found.filter((one) => one.state === state).length
  const [absent, frail] = [count('missing'), count('weak')]
  const end =
    absent > 0
      ? `${absent} missing: a backup would fail. ${frail} weak.`
      : `Nothing is missing. ${frail} weak.`
  return `${[...lines, end].join('\n')}\n`
}
