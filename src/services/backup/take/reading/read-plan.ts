/**
 * What of each file must be read for a differential backup: of tables and indexes that the full
 * backup has, the blocks that changed; of everything else all. Pure.
 *
 * @module
 */
import type { ChangedBlocks } from '../../summary/changed-blocks.ts'
import type { FileRange } from '../../repository/repository.ts'
import type { ListedFile } from './file-list.ts'

export type PlannedFile = ListedFile & {
  /** Below this, what is not in `ranges` is as it was in the full backup. */
  readonly inherits: number
  /** What is to be read. */
  readonly ranges: readonly FileRange[]
  /** Number of its first block in the whole table; undefined where it has no pages. */
  readonly firstBlock: number | undefined
}

export type PlanFacts = {
  readonly changes: ChangedBlocks
  /** Path → size in the full backup. */
  readonly inFull: ReadonlyMap<string, number>
  readonly blockSize: number
  /** Of a table's files, all but its last: blocks. */
  readonly segmentBlocks: number
}

/** Tablespaces that every server has. Source: catalog/pg_tablespace.dat. */
const DEFAULT_SPACE = 1663
const GLOBAL_SPACE = 1664

const FOLDER = /^(?:(global)|base\/([0-9]+)|pg_tblspc\/([0-9]+)\/PG_[^/]+\/([0-9]+))$/
const RELATION_FILE = /^([0-9]+)(_(?:fsm|vm|init))?(?:\.([0-9]+))?$/

export function planFile(file: ListedFile, facts: PlanFacts): PlannedFile {
  const { path, size } = file
  const { blockSize, segmentBlocks, changes } = facts
  const whole = { ...file, inherits: 0, ranges: size === 0 ? [] : [{ at: 0, length: size }] }
  const slash = path.lastIndexOf('/')
  const folder = FOLDER.exec(path.slice(0, Math.max(0, slash)))
  const [, relation, fork, segment] = RELATION_FILE.exec(path.slice(slash + 1)) ?? []
  const hasPages = folder !== null && relation !== undefined && size % blockSize === 0
  if (!hasPages) return { ...whole, firstBlock: undefined }
  const firstBlock = Number(segment ?? 0) * segmentBlocks
  const fullSize = facts.inFull.get(path)
  if (fork !== undefined || fullSize === undefined) return { ...whole, firstBlock }
  const [, global, ownDatabase, space, database] = folder
  const place = {
    tablespace: Number(space ?? (global === undefined ? DEFAULT_SPACE : GLOBAL_SPACE)),
    database: Number(database ?? ownDatabase ?? 0),
    relation: Number(relation),
  }
  const cutAt = changes.cutAt(place.tablespace, place.database, place.relation)
  const blocks = size / blockSize
  const kept = Math.min(blocks, Math.floor(fullSize / blockSize), Math.max(0, cutAt - firstBlock))
  const ranges: FileRange[] = []
  for (const { first, count } of changes.runs(place, firstBlock, firstBlock + kept)) {
    ranges.push({ at: (first - firstBlock) * blockSize, length: count * blockSize })
  }
  if (kept < blocks) ranges.push({ at: kept * blockSize, length: (blocks - kept) * blockSize })
  return { ...file, inherits: kept * blockSize, ranges, firstBlock }
}
