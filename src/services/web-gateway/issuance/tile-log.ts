/**
 * What a public log has got since the last look, read from the log itself: nothing is believed
 * that is not in the tree that its key signed, and no tree that does not continue the one before.
 *
 * The first look reads no certificate; it remembers how far the log is. Source: C2SP
 * static-ct-api; RFC 6962 §2.1 for the tree.
 *
 * @module
 */
import { createPublicKey, X509Certificate } from 'node:crypto'
import type { Checkpoint } from '#crypto/checkpoint.ts'
import { TILE_WIDTH } from '#crypto/hash-tiles.ts'
import { consistencyProof, verifyConsistency, type SubtreeHash } from '#crypto/merkle-proof.ts'
import { leafHash, MerkleTree, rootOf, type Frontier } from '#crypto/merkle.ts'
import { IntegrityError, ProtocolError } from '#lib/errors.ts'
import {
  asCertificate,
  dnsNamesOf,
  readDataTile,
  type LoggedEntry,
} from '#protocol/tls/logged-entry.ts'
import type { FetchFile } from '#system/http-call.ts'
import { add, plainSerial, type LoggedCertificate } from './logged.ts'
import { readSignedTree } from './signed-tree.ts'
import { LogTiles, readFile } from './tiles.ts'

/** A log as lists of logs have it. */
export type TileLog = {
  /** Where it is read: its monitoring prefix. */
  readonly url: string
  /** Its public key: SPKI, DER, base64. */
  readonly key: string
}

/** How far a log was read: its size, and the roots of its perfect subtrees, base64. */
export type LogState = { readonly size: number; readonly hashes: readonly string[] }

/** What one look found. */
export type LogNews = {
  /** For one of the names. */
  readonly certificates: readonly LoggedCertificate[]
  readonly state: LogState
  /** Whether the log has no more. */
  readonly isWhole: boolean
}

/** Read in one look: some 100,000 certificates, 300 MB. */
export const TILES_MAX = 400
/** Read at one time. */
const AT_ONCE = 8

/**
 * Looks at a log.
 *
 * @param since What the look before returned; undefined at the first.
 * @param names Those they are for, lower case, `*.` before a name or not: whatever is for the name
 *   or for one below it counts.
 * @param tilesMax Data tiles read at most.
 * @throws {FaultError} HTTP_CALL_FAILED.
 * @throws {ProtocolError} CT_TILE_INVALID.
 * @throws {IntegrityError} CT_LOG_INCONSISTENT, CHECKPOINT_MALFORMED, NOTE_MALFORMED,
 *   NOTE_UNSIGNED, NOTE_SIGNATURE_INVALID.
 */
export async function readTileLog(
  log: TileLog,
  since: LogState | undefined,
  names: readonly string[],
  fetch: FetchFile,
  tilesMax: number = TILES_MAX,
): Promise<LogNews> {
  const key = createPublicKey({ key: Buffer.from(log.key, 'base64'), format: 'der', type: 'spki' })
  const text = (await readFile(log.url, 'checkpoint', fetch)).toString('utf8')
  const checkpoint = readSignedTree(text, key)
  const tiles = new LogTiles(log.url, checkpoint.size, fetch)
  if (!since) return await begin(checkpoint, tiles)
  if (checkpoint.size < since.size) {
    // Behind a cache an older checkpoint may come; what was read stays read.
    return { certificates: [], state: since, isWhole: true }
  }
  return await goOn(checkpoint, tiles, since, names, tilesMax)
}

async function begin(checkpoint: Checkpoint, tiles: LogTiles): Promise<LogNews> {
  const { size } = checkpoint
  const frontier = await tiles.compute((subtree) => frontierOf(subtree, size))
  if (!same(rootOf(frontier), checkpoint.root)) throw inconsistent('the tiles are not its tree')
  return { certificates: [], state: stateOf(frontier), isWhole: true }
}

async function goOn(
  checkpoint: Checkpoint,
  tiles: LogTiles,
  since: LogState,
  names: readonly string[],
  tilesMax: number,
): Promise<LogNews> {
  const hashes = since.hashes.map((hash) => Buffer.from(hash, 'base64'))
  const tree = new MerkleTree({ size: since.size, hashes })
  const first = Math.floor(since.size / TILE_WIDTH)
  const end = Math.min(checkpoint.size, (first + tilesMax) * TILE_WIDTH)
  const found = new Map<string, LoggedCertificate>()
  for (let tile = first; tree.size < end; tile += AT_ONCE) {
    const last = Math.min(tile + AT_ONCE, Math.ceil(end / TILE_WIDTH))
    const wanted = Array.from({ length: last - tile }, (_, at) => tile + at)
    const read = await Promise.all(wanted.map((each) => tiles.data(each)))
    for (const [at, bytes] of read.entries()) {
      for (const entry of entriesOf(bytes, tile + at, tree.size, end)) {
        tree.append(leafHash(entry.leaf))
        const certificate = certificateFor(entry, names)
        if (certificate) add(found, certificate)
      }
    }
  }
  await check(tree, checkpoint, tiles)
  const state = stateOf(tree.frontier())
  return { certificates: [...found.values()], state, isWhole: end === checkpoint.size }
}

/** Those of a tile from a place on, up to an end. */
function entriesOf(bytes: Buffer, tile: number, from: number, end: number): LoggedEntry[] {
  const start = tile * TILE_WIDTH
  const entries = readDataTile(bytes).slice(from - start, end - start)
  if (from + entries.length === Math.min(end, start + TILE_WIDTH)) return entries
  throw new ProtocolError('CT_TILE_INVALID', `data tile ${tile} is too short`)
}

/** That what was read begins the tree which the log has signed. */
async function check(tree: MerkleTree, { size, root }: Checkpoint, tiles: LogTiles): Promise<void> {
  const oldSize = tree.size
  if (oldSize === 0) return
  const proof = await tiles.compute((subtree) => consistencyProof(subtree, oldSize, size))
  if (!verifyConsistency({ oldSize, oldRoot: tree.root(), size, root }, proof)) {
    throw inconsistent('it is not the log it was, or its certificates are not those it signed')
  }
}

function certificateFor(
  { tbs }: LoggedEntry,
  watched: readonly string[],
): LoggedCertificate | undefined {
  const names = dnsNamesOf(tbs)
  const ours = names.filter((name) => watched.some((each) => concerns(name, each)))
  if (ours.length === 0) return undefined
  const certificate = readCertificate(tbs)
  if (!certificate) return undefined
  return {
    serial: plainSerial(certificate.serialNumber),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    names: [...ours, ...names], // ours first: of many only some are told
    fromMs: certificate.validFromDate.getTime(),
    untilMs: certificate.validToDate.getTime(),
  }
}

/** What no reader can read no browser takes, either. */
function readCertificate(tbs: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(asCertificate(tbs))
  } catch {
    return undefined
  }
}

/** Whether a certificate's name is ours, is below it, or is the pattern of its neighbours. */
function concerns(name: string, watched: string): boolean {
  const ours = watched.replace(/^\*\./, '')
  const theirs = name.replace(/^\*\./, '')
  if (theirs === ours || theirs.endsWith(`.${ours}`)) return true
  return name.startsWith('*.') && ours.slice(ours.indexOf('.') + 1) === theirs
}

function frontierOf(subtree: SubtreeHash, size: number): Frontier {
  const hashes: Uint8Array[] = []
  let start = 0
  for (let rest = size; rest > 0;) {
    const level = Math.floor(Math.log2(rest))
    hashes.push(subtree(level, start / 2 ** level))
    start += 2 ** level
    rest -= 2 ** level
  }
  return { size, hashes }
}

function stateOf({ size, hashes }: Frontier): LogState {
  return { size, hashes: hashes.map((hash) => Buffer.from(hash).toString('base64')) }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function inconsistent(why: string): IntegrityError {
  return new IntegrityError('CT_LOG_INCONSISTENT', why)
}
