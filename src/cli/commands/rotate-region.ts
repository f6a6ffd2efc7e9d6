/**
 * `veilig rotate region`: another key for a region, tried before it takes the place of the old one.
 *
 * Both open the region while it is changed over: the provider or the server knows both until the
 * operator takes the old one away there, and this says whether that has happened.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { FaultError, UsageError, VeiligError } from '#lib/errors.ts'
import type { RegionConfig } from '#services/backup/config-regions.ts'
import { tryRegion } from '#services/backup/doctor/probe-region.ts'
import { systemDisk } from '#system/disk.ts'
import { noteBrought } from '../brought.ts'
import type { Command } from '../command.ts'
import { openCommandBook } from '../command-book.ts'
import type { Context } from '../context.ts'
import { storeOf } from '../region-store.ts'

export const rotateRegionCommand: Command = {
  name: 'rotate region',
  summary: 'try another key for a region, then use it; says whether the old one still opens it',
  usage: 'NAME --from FILE [--json]',
  options: { from: { type: 'string' } },
  run: async (context, { positionals: [name = ''], values }) => {
    const from = values['from']
    if (name === '' || typeof from !== 'string') {
      const message = 'name the region and the file of its new key: rotate region NAME --from FILE'
      throw new UsageError('ROTATION_UNKNOWN', message)
    }
    const { credential, oldOpens } = await changeKey(context, name, from)
    const left = oldOpens
      ? 'The old key still opens it too: take it away at the provider.'
      : 'The old key opens nothing any more.'
    const said =
      values['json'] === true
        ? JSON.stringify({ credential, oldOpens })
        : `Region ${name} was tried with its new key and is used with it from now on. ${left}`
    process.stdout.write(`${said}\n`)
    return 0
  },
}

type Changed = { readonly credential: string; readonly oldOpens: boolean }

/** @throws {UsageError} ROTATION_UNKNOWN, REGION_KEY_SAME. {FaultError} REGION_KEY_REFUSED. */
async function changeKey(context: Context, name: string, from: string): Promise<Changed> {
  const { region, word, file } = keyPlace(context, name)
  const [fresh, old] = await Promise.all([from, file].map(secretBytes))
  if (!fresh || !old) throw new UsageError('ROTATION_UNKNOWN', `cannot read ${fresh ? file : from}`)
  if (fresh.equals(old)) {
    throw new UsageError('REGION_KEY_SAME', `${from} holds the key that is in use already`)
  }
  const begunMs = context.clock.monotonicMs()
  await tryWith(context, { ...region, [word]: from } as RegionConfig)
  await systemDisk.replace(file, fresh)
  await noteBrought(context)
  const credential = `backup.regions.${name}.${word}`
  await using trail = await openCommandBook(context, 'rotate')
  const drainMs = Math.round(context.clock.monotonicMs() - begunMs)
  const detail = { credential, from: name, to: name, drainMs }
  await trail.append([{ code: 'CREDENTIAL_ROTATED', detail }])
  return { credential, oldOpens: await opensWith(context, region, word, old) }
}

type KeyPlace = { readonly region: RegionConfig; readonly word: string; readonly file: string }

/** Where the key of a region stands, when it stands in a file of its own. */
function keyPlace({ config }: Context, name: string): KeyPlace {
  const region = config.backup.regions.find((one) => one.name === name)
  if (!region) {
    const known = config.backup.regions.map((one) => one.name).join(', ')
    throw new UsageError('REGION_UNKNOWN', `there is no region ${name}; there are: ${known}`)
  }
  const files = Object.entries(region).filter(([key]) => /^(keyFile|credentialsFile)$/.test(key))
  const [word, file] = files[0] ?? []
  if (word !== undefined && typeof file === 'string') return { region, word, file }
  const message =
    `region ${name} has no key in a file of its own; write keyFile or credentialsFile in its ` +
    `section, and it can be changed while it is used`
  throw new UsageError('ROTATION_UNKNOWN', message)
}

/** @throws {FaultError} REGION_KEY_REFUSED with what the region answered; nothing was changed. */
async function tryWith(context: Context, region: RegionConfig): Promise<void> {
  const tried = await tryRegion(
    {
      name: region.name,
      required: true, // whatever fails is told
      store: storeOf(context.paths, region),
      locks: 'objectLock' in region,
      freeBytes: undefined,
    },
    undefined,
    randomBytes(16).toString('hex'),
  )
  const fault = tried.find(({ state }) => state === 'missing')
  if (fault) throw new FaultError('REGION_KEY_REFUSED', `nothing was changed: ${fault.sentence}`)
}

/** Whether the key of before still opens the region. */
async function opensWith(
  context: Context,
  region: RegionConfig,
  word: string,
  old: Uint8Array,
): Promise<boolean> {
  const kept = context.paths.secret('supervisor', `region-${randomBytes(8).toString('hex')}.former`)
  await systemDisk.replace(kept, old)
  try {
    const store = storeOf(context.paths, { ...region, [word]: kept } as RegionConfig)
    for await (const _ of store.list('keys')) break
    return true
  } catch (error) {
    if (error instanceof VeiligError) return false
    throw error
  } finally {
    await systemDisk.remove(kept)
  }
}

async function secretBytes(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch(() => undefined)
}
