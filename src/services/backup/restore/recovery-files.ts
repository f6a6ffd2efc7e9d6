/**
 * The files by which a stock PostgreSQL recovers by itself: settings, and the command that hands
 * it the log.
 *
 * The log lies ready in the data directory, authenticated before the server is started, so that
 * the command needs no key, no network and no program of ours, whatever account the server runs as.
 *
 * @module
 */
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import type { ServerLimits } from './server-limits.ts'
import { formatLsn } from '#protocol/postgres/replication/lsn.ts'

/** Folder in the data directory; removed by the server itself at the end of recovery. */
export const RESTORE_FOLDER = 'veilig_restore'
/** Segments and history files, under PostgreSQL's names. */
export const LOG_FOLDER: string = `${RESTORE_FOLDER}/log`
/** Names of all that the archive holds up to where the server stops, one a line. */
export const ARCHIVE_LIST: string = `${RESTORE_FOLDER}/archive-list`
export const FETCH_SCRIPT: string = `${RESTORE_FOLDER}/fetch`
export const END_SCRIPT: string = `${RESTORE_FOLDER}/end`

/** What PostgreSQL is told to stop at. */
export type RecoveryStop =
  | { readonly kind: 'lsn'; readonly lsn: Lsn; readonly inclusive: boolean }
  /** Right after the record at `after`, or, where there is none, as soon as possible. */
  | { readonly kind: 'time'; readonly text: string; readonly after: Lsn | undefined }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'xid'; readonly xid: number }
  /** As soon as the backup is consistent. */
  | { readonly kind: 'immediate' }

export type RecoveryAction = 'promote' | 'pause' | 'shutdown'

const TARGETS = ['', '_name', '_time', '_xid', '_lsn'].map((kind) => `recovery_target${kind}`)

/**
 * postgresql.auto.conf with our settings at its end.
 *
 * @param before The file as backed up; its own recovery settings are dropped.
 * @param limits What the server must not have lower than the original.
 */
export function recoverySettings(
  before: string,
  stop: RecoveryStop,
  timeline: number,
  action: RecoveryAction,
  limits: ServerLimits,
): string {
  const kept = before
    .split('\n')
    .filter((line) => !/^\s*(recovery_|restore_command|archive_|primary_)/i.test(line))
    .join('\n')
    .trimEnd()
  const [chosen, value] = stopSetting(stop)
  const settings: [string, string][] = [
    ['restore_command', `/bin/sh ${FETCH_SCRIPT} "%f" "%p"`],
    ['recovery_end_command', `/bin/sh ${END_SCRIPT}`],
    // the others are set to nothing: postgresql.conf may hold one, and two are an error
    ...TARGETS.filter((name) => name !== chosen).map((name): [string, string] => [name, '']),
    [chosen, value],
    ['recovery_target_inclusive', stop.kind === 'lsn' && !stop.inclusive ? 'off' : 'on'],
    ['recovery_target_timeline', String(timeline)],
    ['recovery_target_action', action],
    ...Object.entries(limits).map(([name, value]): [string, string] => [name, String(value)]),
    // a restored copy must never write into the archive of the original
    ['archive_mode', 'off'],
    ['archive_command', ''],
    ['archive_library', ''],
    ['primary_conninfo', ''],
    ['primary_slot_name', ''],
    ['synchronous_standby_names', ''], // or every commit waits for the original's standbys
  ]
  const lines = settings.map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`)
  return `${kept}\n# Written by veilig restore.\n${lines.join('\n')}\n`.trimStart()
}

function stopSetting(stop: RecoveryStop): [name: string, value: string] {
  switch (stop.kind) {
    case 'lsn':
      return ['recovery_target_lsn', formatLsn(stop.lsn)]
    case 'time':
      if (stop.after === undefined) return ['recovery_target', 'immediate']
      return ['recovery_target_lsn', formatLsn(stop.after)]
    case 'name':
      return ['recovery_target_name', stop.name]
    case 'xid':
      return ['recovery_target_xid', String(stop.xid)]
    case 'immediate':
      return ['recovery_target', 'immediate']
  }
}

/**
 * The restore_command. PostgreSQL takes 1 to 125 for "the archive does not have it" and may then
 * end recovery, so 1 is said only of names that the archive's own list, authenticated, lacks, or
 * that come after the stop: a server that does not reach its stop never opens. All else that goes
 * wrong is 255, which stops the server.
 *
 * The server gets a segment as a hard link: nothing is copied, and nothing is left to sync. It
 * only reads it; until recovery has ended it recycles no segment (InstallXLogFileSegmentActive in
 * xlog.c), and then the folder with our name for it is gone.
 *
 * Source: PostgreSQL, access/transam/xlogarchive.c and common/wait_error.c.
 */
export function fetchScript(): string {
  return `#!/bin/sh
# Hands PostgreSQL one file of the log: 0 delivered, 1 the archive does not have it, 255 failed.
# Runs in the data directory.
name=$1
to=$2
case $name in '' | *[!0-9A-Za-z.]*) exit 255 ;; esac
if [ -f "${LOG_FOLDER}/$name" ]; then
  # A second name for the same bytes, on the disk already; a copy where pg_wal is on another disk.
  ln -f "${LOG_FOLDER}/$name" "$to" 2>/dev/null || {
    rm -f "$to" && cp "${LOG_FOLDER}/$name" "$to"
  } || exit 255
  exit 0
fi
[ -r ${ARCHIVE_LIST} ] || exit 255
grep -qxF -e "$name" ${ARCHIVE_LIST}
case $? in
  1) exit 1 ;;
  *) echo "veilig: $name is in the archive but was not restored; run veilig restore again" >&2
     exit 255 ;;
esac
`
}

/**
 * The recovery_end_command: the server clears up behind itself, once it has a timeline of its own.
 *
 * What told it where to stop goes too. Left behind it would hold for every later recovery: made
 * the standby of another one day, the server would look for this target on this old timeline.
 */
export function endScript(): string {
  return `#!/bin/sh
# Removes what veilig restore wrote for this one recovery. Runs in the data directory.
settings=postgresql.auto.conf
sed -E '/^(restore_command|recovery_[a-z_]+) *=/d' "$settings" >"$settings.veilig" &&
  { sync "$settings.veilig" 2>/dev/null || sync; } &&
  mv -f "$settings.veilig" "$settings"
rm -rf ${RESTORE_FOLDER}
`
}
