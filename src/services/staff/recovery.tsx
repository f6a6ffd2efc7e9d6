/**
 * The backups on a timeline, where one picks the moment to go back to.
 *
 * The console holds no recovery key and restores nothing: it says what a moment takes, and the
 * command. Pictures are drawn here, so that the page works without a script.
 *
 * @module
 */
import type { VNode } from 'preact'
import { Problem, Shell, type Frame } from './shell.tsx'
import type { Recovery, RecoveryBackup } from './ports.ts'

const WIDTH = 960
const HEIGHT = 72
const BASE = 52
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Ticks of the scale: the first step of which at most twelve fit. */
const STEPS_MS = [60_000, 600_000, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS]
const TICKS_MAX = 12
const LISTED_MAX = 200

/** What going back to a moment takes. */
export type Plan =
  | { readonly backups: readonly RecoveryBackup[]; readonly logMs: number }
  | { readonly reason: string }

/**
 * The backup that a restore to this moment begins with, those it builds on, and how much log comes
 * after it.
 */
export function planFor(recovery: Recovery, atMs: number): Plan {
  const { backups, untilMs, uncertain } = recovery
  if (untilMs !== undefined && atMs > untilMs)
    return {
      reason: `nothing after ${iso(untilMs)} is in every region yet; pick "latest" for the end`,
    }
  if (uncertain.some(({ fromMs, toMs }) => atMs > fromMs && atMs <= toMs))
    return { reason: 'the database went on from an older moment then; pick one before or after' }
  const early = backups.filter(({ finishedMs }) => finishedMs <= atMs)
  const [first] = early.toSorted((a, b) => b.finishedMs - a.finishedMs)
  if (!first) {
    const oldest = backups.toSorted((a, b) => a.finishedMs - b.finishedMs)[0]
    const reason = oldest
      ? `the oldest backup was finished at ${iso(oldest.finishedMs)}; nothing before can come back`
      : 'no backup is finished yet'
    return { reason }
  }
  const chain = [first]
  for (let last = first; last.parentId !== undefined;) {
    const parent = backups.find(({ id }) => id === last.parentId)
    if (!parent || chain.includes(parent))
      return { reason: `${last.id} builds on a missing backup` }
    chain.push(parent)
    last = parent
  }
  return { backups: chain, logMs: atMs - first.finishedMs }
}

/** `2026-11-23T10:07` or with seconds, as a form sends it, taken as UTC. */
export function momentFrom(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return undefined
  const ms = Date.parse(`${text}Z`)
  return Number.isNaN(ms) ? undefined : ms
}

export type RecoveryProps = {
  readonly account: Frame['account']
  readonly csrf: string
  /** Undefined when the repository cannot be read; then `problem` says why. */
  readonly recovery: Recovery | undefined
  readonly problem: string | undefined
  /** The moment asked for, milliseconds since the epoch. */
  readonly atMs: number | undefined
  readonly nowMs: number
}

export function RecoveryPage(props: RecoveryProps): VNode {
  const { account, csrf, recovery, problem, atMs, nowMs } = props
  return (
    <Shell title="Recovery" here="/recovery" account={account} csrf={csrf}>
      <Problem text={problem} />
      <p class="small">
        Every moment on the green line can be brought back, to the second. All times are UTC.
      </p>
      {recovery && recovery.backups.length > 0 && (
        <Timeline recovery={recovery} atMs={atMs} nowMs={nowMs} />
      )}
      <form method="get" action="/recovery" class="moment">
        <label>
          Moment to go back to
          <input
            name="at"
            type="datetime-local"
            step={1}
            required
            value={iso(atMs ?? nowMs - HOUR_MS).slice(0, 19)}
          />
        </label>
        <button>Show what it takes</button>
      </form>
      {recovery && atMs !== undefined && <Steps plan={planFor(recovery, atMs)} atMs={atMs} />}
      {recovery && <Backups recovery={recovery} nowMs={nowMs} />}
    </Shell>
  )
}

function Steps({ plan, atMs }: { readonly plan: Plan; readonly atMs: number }): VNode {
  if ('reason' in plan) {
    return (
      <p class="alarm tint failing" role="alert">
        {iso(atMs)} cannot be restored: {plan.reason}.
      </p>
    )
  }
  const [first, ...older] = plan.backups
  return (
    <section class="once" aria-label="What it takes">
      <p>
        Begins with <code>{first?.id}</code>
        {older.length > 0 && `, on ${older.map(({ kind, id }) => `${kind} ${id}`).join(', ')}`},
        then replays {span(plan.logMs)} of log.
      </p>
      <pre>bin/veilig restore --to {iso(atMs)} --into /a/new/folder</pre>
      <p class="small">
        On a machine that has the recovery key. The database that runs is not touched; with{' '}
        <code>--table</code> one table comes back beside the live one.
      </p>
    </section>
  )
}

type Drawn = { readonly recovery: Recovery; readonly atMs: number | undefined; nowMs: number }

function Timeline({ recovery, atMs, nowMs }: Drawn): VNode {
  const { backups, untilMs, uncertain } = recovery
  const fromMs = Math.min(...backups.map(({ finishedMs }) => finishedMs))
  const wholeMs = Math.max(1, nowMs - fromMs)
  const x = (ms: number): number =>
    Math.round(Math.max(0, Math.min(1, (ms - fromMs) / wholeMs)) * WIDTH * 10) / 10
  const step = STEPS_MS.find((ms) => wholeMs / ms <= TICKS_MAX) ?? wholeMs
  const ticks: number[] = []
  for (let ms = Math.ceil(fromMs / step) * step; ms <= nowMs; ms += step) ticks.push(ms)
  const said = `From ${iso(fromMs)} to ${iso(untilMs ?? nowMs)}, with ${backups.length} backups`
  return (
    <figure class="timeline">
      <div class="scroll" role="region" tabIndex={0} aria-label="Timeline">
        <svg viewBox={`-4 0 ${WIDTH + 8} ${HEIGHT}`} role="group" aria-label={said}>
          <path class="line" d={`M0 ${BASE}H${WIDTH}`} />
          <path class="proven" d={`M0 ${BASE}H${x(untilMs ?? nowMs)}`} />
          {uncertain.map((gap) => (
            <path class="gap" d={`M${x(gap.fromMs)} ${BASE}H${x(gap.toMs)}`} />
          ))}
          {ticks.map((ms) => (
            <>
              <path class="tick" d={`M${x(ms)} ${BASE}v5`} />
              <text x={Math.min(WIDTH - 18, Math.max(18, x(ms)))} y={HEIGHT - 2}>
                {step < DAY_MS ? iso(ms).slice(11, 16) : iso(ms).slice(5, 10)}
              </text>
            </>
          ))}
          {backups.map((backup) => (
            <a href={`/recovery?at=${iso(backup.finishedMs + 1000).slice(0, 19)}`}>
              <title>{`${backup.kind} ${backup.id}, ${iso(backup.finishedMs)}`}</title>
              <Mark backup={backup} x={x(backup.finishedMs)} />
            </a>
          ))}
          {atMs !== undefined && atMs >= fromMs && atMs <= nowMs && (
            <path class="chosen" d={`M${x(atMs)} 4V${BASE}m-4 0h8`} />
          )}
        </svg>
      </div>
      <figcaption class="small">
        Tall: full. Short: differential. Filled: restored in a drill and found whole.
      </figcaption>
    </figure>
  )
}

/** Full backups stand out by height, drilled ones are filled. */
function Mark({ backup, x }: { readonly backup: RecoveryBackup; readonly x: number }): VNode {
  const height = backup.kind === 'full' ? 30 : 16
  const state = backup.damagedPages > 0 ? 'failing' : 'link'
  const fill = backup.drilledMs === undefined ? 'hollow' : 'filled'
  return (
    <rect
      class={`mark ${state} ${fill}`}
      x={x - 3}
      y={BASE - height}
      width="6"
      height={height}
      rx="2"
    />
  )
}

function Backups({ recovery, nowMs }: { readonly recovery: Recovery; nowMs: number }): VNode {
  const newest = recovery.backups.toSorted((a, b) => b.finishedMs - a.finishedMs)
  return (
    <>
      <h2>Backups</h2>
      {newest.length === 0 && <p class="small">None is finished yet.</p>}
      <div class="scroll" role="region" tabIndex={0} aria-label="Backups">
        <table>
          <thead>
            <tr>
              <th>Finished</th>
              <th>Kind</th>
              <th class="number">Size</th>
              <th>Last drill</th>
            </tr>
          </thead>
          <tbody>
            {newest.slice(0, LISTED_MAX).map((one) => (
              <tr>
                <td>
                  <a href={`/recovery?at=${iso(one.finishedMs + 1000).slice(0, 19)}`}>
                    {iso(one.finishedMs)}
                  </a>
                </td>
                <td>{one.kind}</td>
                <td class="number">{(one.storedBytes / 1024 / 1024).toFixed(1)} MiB</td>
                <td class={one.drilledMs === undefined ? '' : 'proven'}>
                  {one.drilledMs === undefined ? 'not yet' : `${span(nowMs - one.drilledMs)} ago`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function iso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

function span(ms: number): string {
  if (ms < 60_000) return `${Math.max(0, Math.round(ms / 1000))} s`
  if (ms < HOUR_MS) return `${Math.round(ms / 60_000)} min`
  return ms < 2 * DAY_MS ? `${Math.round(ms / HOUR_MS)} h` : `${Math.round(ms / DAY_MS)} days`
}
