/**
 * The backups on a timeline, where one picks the moment to go back to.
 *
 * The console holds no recovery key and restores nothing: it says what a moment takes, and the
 * command.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Recovery } from '../ports.ts'
import { Problem, Shell, type Frame } from '../shell.tsx'
import { planFor, type Plan } from './plan.ts'
import { Timeline } from './timeline.tsx'
import { spans, viewOf, type Span, type View } from './view.ts'
import { brief, HOUR_MS, instant, lasting, sizeOf, spoken } from './words.ts'

const LISTED_MAX = 30

const SPAN_WORDS: Readonly<Record<Span, string>> = { all: 'All', week: 'A week', day: 'A day' }

export type RecoveryProps = {
  readonly account: Frame['account']
  readonly csrf: string
  /** Undefined when the repository cannot be read; then `problem` says why. */
  readonly recovery: Recovery | undefined
  readonly problem: string | undefined
  /** The moment asked for, milliseconds since the epoch. */
  readonly atMs: number | undefined
  /** How much the picture shows. */
  readonly span: Span | undefined
  readonly nowMs: number
}

export function RecoveryPage(props: RecoveryProps): VNode {
  const { account, csrf, recovery, problem, atMs, span, nowMs } = props
  const some = recovery !== undefined && recovery.backups.length > 0
  const view = recovery && viewOf(recovery, nowMs, atMs, span)
  return (
    <Shell title="Recovery" here="/recovery" account={account} csrf={csrf}>
      <Problem text={problem} />
      {recovery && <Reach recovery={recovery} nowMs={nowMs} />}
      {some && view && (
        <>
          <Spans view={view} atMs={atMs} />
          <Timeline recovery={recovery} view={view} atMs={atMs} nowMs={nowMs} />
        </>
      )}
      {some && <Moment atMs={atMs ?? nowMs - HOUR_MS} />}
      {recovery && atMs !== undefined && (
        <Steps plan={planFor(recovery, atMs)} atMs={atMs} nowMs={nowMs} />
      )}
      {recovery && <Exceptions recovery={recovery} nowMs={nowMs} />}
      {some && view && <Backups recovery={recovery} view={view} nowMs={nowMs} />}
    </Shell>
  )
}

function Moment({ atMs }: { readonly atMs: number }): VNode {
  return (
    <form method="get" action="/recovery" class="moment">
      <label>
        Moment to go back to, UTC
        <input
          name="at"
          type="datetime-local"
          step={1}
          required
          value={instant(atMs).slice(0, 19)}
        />
      </label>
      <button>Show what it takes</button>
    </form>
  )
}

/** One sentence: from when to when. */
function Reach({ recovery, nowMs }: Shown): VNode {
  const { backups, untilMs, gaps } = recovery
  const firstMs = Math.min(...backups.map(({ finishedMs }) => finishedMs))
  if (backups.length === 0)
    return <p class="lead">No backup is finished yet: nothing can be brought back.</p>
  const but = gaps.length === 0 ? '' : ', but for what is marked'
  const until =
    untilMs === undefined
      ? 'the last word of the backup, which does not answer now'
      : nowMs - untilMs < 5000
        ? 'now'
        : `${lasting(nowMs - untilMs)} ago`
  return (
    <p class="lead">
      Every second since {spoken(firstMs, nowMs)} UTC, up to {until}, can be brought back{but}.
    </p>
  )
}

function Spans({ view, atMs }: { readonly view: View; readonly atMs: number | undefined }): VNode {
  const at = atMs === undefined ? '' : `&at=${instant(atMs).slice(0, 19)}`
  return (
    <nav class="spans" aria-label="How much is shown">
      {spans.map((span) => (
        <a
          href={`/recovery?span=${span}${at}`}
          aria-current={span === view.span ? 'true' : undefined}
        >
          {SPAN_WORDS[span]}
        </a>
      ))}
    </nav>
  )
}

function Steps(props: {
  readonly plan: Plan
  readonly atMs: number
  readonly nowMs: number
}): VNode {
  const { plan, atMs, nowMs } = props
  if ('reason' in plan) {
    return (
      <p class="alarm tint failing" role="alert">
        {spoken(atMs, nowMs)} cannot be restored: {plan.reason}.
      </p>
    )
  }
  const [first, ...older] = plan.backups
  const to = instant(atMs)
  return (
    <section class="once takes" aria-label="What it takes">
      <p>
        Begins with <code>{first?.id}</code>
        {older.map(({ kind, id }) => (
          <>
            , on {kind} <code>{id}</code>
          </>
        ))}
        , then replays {lasting(plan.logMs)} of log. On a machine that has the recovery key:
      </p>
      <p>The whole cluster, into a new folder</p>
      <Command text={`veilig restore --to ${to} --into /a/new/folder`} />
      <p>One table, beside the live one</p>
      <Command text={`veilig restore --to ${to} --table SCHEMA.NAME --live postgresql://…`} />
      <p>One database, beside the live one</p>
      <Command text={`veilig restore --to ${to} --database NAME --live postgresql://…`} />
      <p class="small">None of them touches the database that runs.</p>
    </section>
  )
}

/** Its words stay whole where a line ends: browsers would break after the hyphens of an option. */
function Command({ text }: { readonly text: string }): VNode {
  const words = text.split(' ').map((word, at) => (
    <>
      {at > 0 && ' '}
      <span>{word}</span>
    </>
  ))
  return <pre>{words}</pre>
}

type Shown = { readonly recovery: Recovery; readonly nowMs: number }

/** What the colours of the picture mean, in words and times. */
function Exceptions({ recovery, nowMs }: Shown): VNode | null {
  const { gaps, uncertain, holds, destroyed } = recovery
  const from = (ms: number): string => (Number.isFinite(ms) ? spoken(ms, nowMs) : 'the beginning')
  const lines: readonly (readonly [state: string, badge: string, what: string, why: string])[] = [
    ...gaps.map(({ fromMs, toMs, why }) => {
      const what = `${from(fromMs)} to ${from(toMs)}`
      return ['failing', 'gap', what, `${why}; a full backup healed it`] as const
    }),
    ...uncertain.map(({ fromMs, toMs }) => {
      const what = `${from(fromMs)} to ${from(toMs)}`
      const why = 'the database went on from an older moment; say which branch with --timeline'
      return ['stale', 'branch', what, why] as const
    }),
    ...holds.map(({ fromMs, reason, id }) => {
      const what = `Held from ${from(fromMs)} on: ${reason}`
      return ['excepted', 'hold', what, `veilig backup release ${id}`] as const
    }),
    ...(destroyed === undefined
      ? []
      : ([
          [
            'unproven',
            'destroyed',
            `All before ${from(destroyed.untilMs)}`,
            `keys first, in every region; ${destroyed.receipts} signed receipts`,
          ],
        ] as const)),
  ]
  if (lines.length === 0) return null
  return (
    <>
      <h2>Gaps, holds, destruction</h2>
      <ul class="rows">
        {lines.map(([state, badge, what, why]) => (
          <li class="flat">
            <span class={`badge tint ${state}`}>{badge}</span>
            <span class="what">
              <b>{what}</b>
              <small>{why}</small>
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

/** Those that the picture shows, the newest first. */
function Backups({ recovery, view, nowMs }: Shown & { readonly view: View }): VNode {
  const { backups } = recovery
  const seen = backups.filter((one) => one.finishedMs >= view.fromMs && one.finishedMs <= view.toMs)
  const newest = seen.toSorted((a, b) => b.finishedMs - a.finishedMs).slice(0, LISTED_MAX)
  const left = backups.length - newest.length
  const span = view.span === 'all' ? '' : ` of this ${view.span}`
  return (
    <>
      <h2>Backups{span}</h2>
      {newest.length === 0 && <p class="small">None was finished then.</p>}
      {newest.length > 0 && (
        <div class="scroll" role="region" tabIndex={0} aria-label="Backups">
          <table>
            <thead>
              <tr>
                <th>Finished, UTC</th>
                <th>Kind</th>
                <th class="number">Size</th>
                <th>Drilled</th>
              </tr>
            </thead>
            <tbody>
              {newest.map((one) => (
                <tr>
                  <td>
                    <a href={`/recovery?at=${instant(one.finishedMs + 1000).slice(0, 19)}`}>
                      {brief(one.finishedMs, nowMs)}
                    </a>
                  </td>
                  <td>
                    {one.kind}
                    {one.damagedPages > 0 && <Damage pages={one.damagedPages} />}
                  </td>
                  <td class="number">{sizeOf(one.storedBytes)}</td>
                  <td class={one.drilledMs === undefined ? 'not-yet' : 'proven'}>
                    {one.drilledMs === undefined
                      ? 'not yet'
                      : `${lasting(nowMs - one.drilledMs)} ago`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {left > 0 && (
        <p class="small">
          And {left} others: pick a moment of their time, or ask <code>veilig backup list</code>.
        </p>
      )}
    </>
  )
}

function Damage({ pages }: { readonly pages: number }): VNode {
  return (
    <b class="damage">
      {pages} damaged page{pages === 1 ? '' : 's'}
    </b>
  )
}
