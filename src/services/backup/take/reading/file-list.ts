/**
 * The files of a server as BASE_BACKUP would send them, by its SQL functions. Pure but for the
 * question, which is text.
 *
 * A link inside the data directory that is not a tablespace's is followed by these functions, where
 * BASE_BACKUP passes over it: what it leads to is then kept as a file.
 *
 * Source: PostgreSQL 15 and 16, basebackup.c (excludeDirContents, excludeFiles, sendDir).
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'

export type ListedFile = {
  /** Below the data directory; a tablespace's below `pg_tblspc/OID/`. */
  readonly path: string
  readonly size: number
  readonly modifiedMs: number
}

/** What a server is made of. */
export type Listing = {
  readonly folders: readonly string[]
  /** Without pg_control, which is read last. */
  readonly files: readonly ListedFile[]
}

/** A row of the answer to `listCommand`. */
export type ListRow = readonly (string | null)[]

export const CONTROL_FILE = 'global/pg_control'
const LOG_FOLDER = 'pg_wal'

/** Folders that come empty. */
const EMPTIED = [
  LOG_FOLDER,
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
] as const

const LEFT_OUT: ReadonlySet<string> = new Set([
  'backup_label',
  'backup_manifest',
  'current_logfiles.tmp',
  'postgresql.auto.conf.tmp',
  'postmaster.opts',
  'postmaster.pid',
  'tablespace_map',
])
/** Caches, files of sorts, sockets. */
const LEFT_OUT_BEGINS = /^(?:pg_internal\.init|pgsql_tmp|\.s\.PGSQL\.)/
/** Tables of one session. */
const TEMPORARY = /^t[0-9]+_[0-9]+(?:_(?:fsm|vm|init))?(?:\.[0-9]+)?$/
/** `16384_fsm.1`: the number of the file, and its fork. */
const RELATION_FILE = /^([0-9]+)(?:_(fsm|vm|init))?(?:\.[0-9]+)?$/
const SPACE = /^pg_tblspc\/[0-9]+$/
const SPACE_VERSION = /(?:^|\/)PG_[0-9]+_[0-9]+$/
const IN_SPACE = /^pg_tblspc\/[0-9]+\/([^/]+)/

/** Folders within folders: a tablespace's databases are three deep. */
const DEPTH_MAX = 8

/** Asks for every path, whether it is a folder, its size and when it was changed. */
export const listCommand: string = `with recursive tree (path, depth, folder, size, modified) as (
  select name, 1, s.isdir, s.size, s.modification
    from pg_ls_dir('.', true, false) as name, pg_stat_file(name, true) as s
  union all
  select tree.path || '/' || name, depth + 1, s.isdir, s.size, s.modification
    from tree, pg_ls_dir(tree.path, true, false) as name,
      pg_stat_file(tree.path || '/' || name, true) as s
    where tree.folder and depth <= ${DEPTH_MAX} and tree.path <> all ('{${EMPTIED.join()}}'))
  select path, folder, size, (extract(epoch from modified) * 1000)::bigint, depth
    from tree where size is not null`

/**
 * Leaves out what does not belong into a backup.
 *
 * @param spaceVersion Folder of this version within a tablespace: PG_15_202209061.
 * @throws {FaultError} BACKUP_READING_IMPOSSIBLE where folders are linked in a way that is not ours
 *   to untangle.
 */
export function listingOf(rows: Iterable<ListRow>, spaceVersion: string): Listing {
  const folders: string[] = []
  const files: ListedFile[] = []
  for (const [path, folder, size, modified, depth] of rows) {
    if (typeof path !== 'string' || isLeftOut(path, spaceVersion)) continue
    if (folder !== 't') files.push({ path, size: Number(size), modifiedMs: Number(modified) })
    else if (Number(depth) > DEPTH_MAX) throw impossible(`folders go too deep at ${path}`)
    else if (SPACE_VERSION.test(path) && !path.startsWith('pg_tblspc/')) {
      throw impossible(`a tablespace lies in the data directory, at ${path}`)
    } else folders.push(path)
  }
  folders.push(`${LOG_FOLDER}/archive_status`)
  const initialised = new Set(files.flatMap(({ path }) => unloggedBy(path)))
  return { folders, files: files.filter(({ path }) => !isUnlogged(path, initialised)) }
}

function isLeftOut(path: string, spaceVersion: string): boolean {
  if (path === CONTROL_FILE || SPACE.test(path)) return true
  const version = IN_SPACE.exec(path)?.[1]
  if (version !== undefined && version !== spaceVersion) return true
  const parts = path.split('/')
  if (parts.some((part) => LEFT_OUT_BEGINS.test(part))) return true
  const name = parts.at(-1) ?? ''
  return LEFT_OUT.has(name) || TEMPORARY.test(name)
}

/** The table an init fork belongs to: it comes back empty, made from that fork. */
function unloggedBy(path: string): readonly string[] {
  const [name, folder] = nameAndFolder(path)
  const [, number, fork] = RELATION_FILE.exec(name) ?? []
  return number !== undefined && fork === 'init' ? [`${folder}/${number}`] : []
}

function isUnlogged(path: string, initialised: ReadonlySet<string>): boolean {
  if (initialised.size === 0) return false
  const [name, folder] = nameAndFolder(path)
  const [, number, fork] = RELATION_FILE.exec(name) ?? []
  return number !== undefined && fork !== 'init' && initialised.has(`${folder}/${number}`)
}

function nameAndFolder(path: string): readonly [name: string, folder: string] {
  const at = path.lastIndexOf('/')
  return [path.slice(at + 1), path.slice(0, Math.max(0, at))]
}

export function impossible(why: string): FaultError {
  return new FaultError('BACKUP_READING_IMPOSSIBLE', why)
}
