/**
 * Opens a repository for reading: any region may be missing or damaged, none is believed.
 *
 * @module
 */
import { toHex } from '#lib/byte-fields.ts'
import type { Identity } from '#crypto/key-wrap.ts'
import { FaultError, IntegrityError, UsageError, VeiligError } from '#lib/errors.ts'
import { CatalogueChain, checkHead, type CatalogueHead } from './chain.ts'
import { openDataKey, type DataKey } from './data-key.ts'
import type { ClusterEntry } from './entries.ts'
import { keyIdOf, KEYS_FOLDER, ROOT_NAME, ROOTS_FOLDER } from './names.ts'
import { sha256Aside } from './object-frame.ts'
import { readChain } from './read-chain.ts'
import type { RegionPlace } from './regions.ts'
import { parseRoot, trustRoot, type RepositoryRoot } from './root.ts'
import type { DataKeys } from './sealing.ts'
import { checkObject, proofsOf, type Proofs } from './synchronise.ts'

/** Something wrong in one region, though another may have helped. */
export type Finding = {
  readonly region: string
  readonly object: string
  readonly code: string
  readonly message: string
}

export type ReaderOptions = {
  /** Tried in this order; one that does not answer is tried last from then on. */
  readonly regions: readonly Pick<RegionPlace, 'name' | 'store'>[]
  /** Who reads; without it contents stay closed, and `root` must be given. */
  readonly identity?: Identity
  /** The root's bytes from a trusted place; without it the identity vouches for a region's. */
  readonly root?: Uint8Array
  /** A head remembered from earlier: the catalogue must contain it. */
  readonly head?: CatalogueHead | undefined
  /** What was read of each region before: only what is new is read again. */
  readonly known?: KnownChains | undefined
}

/** Region → its catalogue as it was last read. Belongs to one repository. */
export type KnownChains = Map<string, CatalogueChain>

export type RepositoryReader = {
  readonly regions: ReaderOptions['regions']
  readonly root: RepositoryRoot
  readonly chain: CatalogueChain
  readonly proofs: Proofs
  /** @throws {UsageError} REPOSITORY_EMPTY. */
  readonly cluster: () => ClusterEntry
  /**
   * An object, authenticated, from the first region that has it whole.
   *
   * @throws {IntegrityError} When no region has it as it was stored: the worst of what was found.
   * @throws {FaultError} When the regions that may have it do not answer.
   */
  readonly read: (name: string) => Promise<Uint8Array>
  readonly dataKeys: DataKeys
  /** Names of the regions that did not answer at some time. */
  readonly away: ReadonlySet<string>
  /** What was wrong on the way, newest last; at most `FINDINGS_MAX`. */
  readonly findings: readonly Finding[]
}

const FINDINGS_MAX = 1000

/**
 * @throws {UsageError} REPOSITORY_KEY_WRONG, REPOSITORY_NOT_FOUND, REPOSITORY_FORMAT_NEWER.
 * @throws {IntegrityError} OBJECT_FORGED, OBJECT_DAMAGED, CATALOGUE_BROKEN, CATALOGUE_ROLLED_BACK.
 * @throws {FaultError} As the stores, when no region answers.
 */
export async function openReader(asked: ReaderOptions): Promise<RepositoryReader> {
  const regions = [...asked.regions]
  const options = { ...asked, regions }
  const findings: Finding[] = []
  const away = new Set<string>()
  const note = (region: string, object: string, error: unknown): void => {
    if (error instanceof FaultError) {
      away.add(region)
      last(regions, region)
    }
    if (findings.length < FINDINGS_MAX) findings.push(findingOf(region, object, error))
  }
  const root = await findRoot(options, note)
  const chain = await bestChain(options, root, note)
  if (options.head) checkHead(chain, options.head, 'every region')
  const proofs = proofsOf(chain.state.backups)
  const read = (name: string): Promise<Uint8Array> =>
    readAnywhere(options, name, (bytes) => check(root, proofs, name, bytes), note)
  return {
    regions: options.regions,
    root,
    chain,
    proofs,
    read,
    away,
    findings,
    cluster: () => {
      if (chain.state.cluster) return chain.state.cluster
      throw new UsageError('REPOSITORY_EMPTY', 'the repository holds no backup yet')
    },
    dataKeys: keysFor(options, root, read),
  }
}

/** Packs are large: their digest is made off the event loop. */
async function check(
  root: RepositoryRoot,
  proofs: Proofs,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const digest = proofs.has(name) ? await sha256Aside(bytes) : undefined
  checkObject(root, proofs, name, bytes, digest)
}

/** Whoever waited for a dead region once need not wait for it at every object. */
function last(regions: { readonly name: string }[], name: string): void {
  const at = regions.findIndex((region) => region.name === name)
  regions.push(...regions.splice(at, at < 0 ? 0 : 1))
}

type Note = (region: string, object: string, error: unknown) => void

async function findRoot(options: ReaderOptions, note: Note): Promise<RepositoryRoot> {
  const { identity } = options
  if (options.root) return parseRoot(options.root)
  if (!identity) throw new UsageError('REPOSITORY_KEY_WRONG', 'a key or a trusted root is needed')
  let root: RepositoryRoot | undefined
  try {
    await readAnywhere(options, ROOT_NAME, (bytes) => (root = trustRoot(bytes, identity)), note)
  } catch (error) {
    const later = isKeyWrong(error) ? await findLaterRoot(options, identity, note) : undefined
    if (later) return later
    if (!(error instanceof IntegrityError) || error.code !== 'OBJECT_MISSING') throw error
  }
  if (root) return root
  const names = options.regions.map(({ name }) => name).join(', ')
  throw new UsageError('REPOSITORY_NOT_FOUND', `no repository in ${names}`)
}

/**
 * For a key that was made later: the newest root that was made for it vouches for whose signature
 * counts, and that signature for the first root.
 */
async function findLaterRoot(
  options: ReaderOptions,
  identity: Identity,
  note: Note,
): Promise<RepositoryRoot | undefined> {
  const names = new Set<string>()
  for (const { name: region, store } of options.regions.slice()) {
    try {
      for await (const { name } of store.list(ROOTS_FOLDER)) names.add(name)
    } catch (error) {
      note(region, ROOTS_FOLDER, error)
    }
  }
  for (const name of [...names].sort().reverse()) {
    try {
      let later: RepositoryRoot | undefined
      await readAnywhere(options, name, (bytes) => (later = trustRoot(bytes, identity, name)), note)
      const check = later?.checkSignature
      const first = await readAnywhere(
        options,
        ROOT_NAME,
        (bytes) => check?.(ROOT_NAME, bytes),
        note,
      )
      return parseRoot(first)
    } catch (error) {
      if (!isKeyWrong(error)) throw error // another was made for it perhaps
    }
  }
  return undefined
}

function isKeyWrong(error: unknown): boolean {
  return error instanceof UsageError && error.code === 'REPOSITORY_KEY_WRONG'
}

/** The longest catalogue that is sound. */
async function bestChain(
  options: ReaderOptions,
  root: RepositoryRoot,
  note: Note,
): Promise<CatalogueChain> {
  let best: CatalogueChain | undefined
  let failure: unknown
  const regions = [...options.regions]
  const reading = regions.map(async ({ name, store }) => {
    const chain = options.known?.get(name)?.clone() ?? new CatalogueChain(root)
    await readChain(store, chain)
    return chain
  })
  for (const [at, read] of (await Promise.allSettled(reading)).entries()) {
    const name = regions[at]?.name ?? ''
    if (read.status === 'fulfilled') {
      options.known?.set(name, read.value)
      if (!best || read.value.length > best.length) best = read.value
      continue
    }
    if (!(read.reason instanceof VeiligError)) throw read.reason
    note(name, 'catalogue', read.reason)
    failure = read.reason
  }
  if (!best) throw failure
  return best
}

async function readAnywhere(
  options: ReaderOptions,
  name: string,
  check: (bytes: Uint8Array) => unknown,
  note: Note,
): Promise<Uint8Array> {
  let failure: unknown
  for (const region of options.regions.slice()) {
    try {
      const bytes = await region.store.get(name)
      await check(bytes)
      return bytes
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
      note(region.name, name, error)
      failure = worse(failure, error)
    }
  }
  throw failure
}

/** A wrong key tells most, then a fault (it may pass), then damage, then absence. */
function worse(a: unknown, b: VeiligError): unknown {
  const rank = (error: unknown): number => {
    if (error instanceof UsageError) return 3
    if (error instanceof FaultError) return 2
    return error instanceof IntegrityError && error.code !== 'OBJECT_MISSING' ? 1 : 0
  }
  return a === undefined || rank(b) > rank(a) ? b : a
}

function keysFor(
  options: ReaderOptions,
  root: RepositoryRoot,
  read: (name: string) => Promise<Uint8Array>,
): DataKeys {
  const opened = new Map<string, Promise<DataKey>>()
  let names: Promise<ReadonlyMap<string, string>> | undefined
  return (keyId) => {
    const id = toHex(keyId)
    const known = opened.get(id)
    if (known) return known
    const look = (again: boolean): Promise<ReadonlyMap<string, string>> => {
      if (again || !names) names = keyNames(options)
      return names
    }
    const key = openNamed(id, look, options.identity, root, read)
    opened.set(id, key)
    return key
  }
}

/** @param look Gives the names as they were listed, or lists them again. */
async function openNamed(
  id: string,
  look: (again: boolean) => Promise<ReadonlyMap<string, string>>,
  identity: Identity | undefined,
  root: RepositoryRoot,
  read: (name: string) => Promise<Uint8Array>,
): Promise<DataKey> {
  if (!identity) throw new UsageError('REPOSITORY_KEY_WRONG', 'a recovery key is needed to read')
  // One that was not there may have been made since: keys change while we read.
  const name = (await look(false)).get(id) ?? (await look(true)).get(id)
  if (!name) {
    const message = `the data key ${id} is in no region: it was destroyed, and so what it sealed`
    throw new IntegrityError('KEY_MISSING', message)
  }
  return openDataKey(name, await read(name), root.repositoryId, identity)
}

/** Key id → name of its newest generation in any region. */
async function keyNames(options: ReaderOptions): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  let failure: unknown
  for (const { store } of options.regions) {
    try {
      for await (const { name } of store.list(KEYS_FOLDER)) {
        const id = keyIdOf(name)
        if (name > (names.get(id) ?? '')) names.set(id, name)
      }
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      failure = error
    }
  }
  if (names.size === 0 && failure) throw failure
  return names
}

export function findingOf(region: string, object: string, error: unknown): Finding {
  const { code, message } = error instanceof VeiligError ? error : { code: 'BUG', message: '' }
  return { region, object, code, message }
}
